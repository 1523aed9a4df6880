CREATE INDEX IF NOT EXISTS tracker_challans_updated ON tracker_challans (deleted, updated_at, id)
