CREATE INDEX IF NOT EXISTS tracker_challans_stage ON tracker_challans (deleted, stage, date, id)
