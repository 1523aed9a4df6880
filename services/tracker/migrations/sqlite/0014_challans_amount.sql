CREATE INDEX IF NOT EXISTS tracker_challans_amount ON tracker_challans (deleted, amount, id)
