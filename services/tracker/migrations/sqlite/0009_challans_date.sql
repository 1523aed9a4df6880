CREATE INDEX IF NOT EXISTS tracker_challans_date ON tracker_challans (deleted, date, id)
