CREATE INDEX IF NOT EXISTS tracker_challans_customer ON tracker_challans (deleted, customer, id)
