CREATE INDEX IF NOT EXISTS tracker_batches_maker ON tracker_batches (maker, id)
