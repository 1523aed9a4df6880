CREATE INDEX IF NOT EXISTS tracker_challans_sort ON tracker_challans (deleted, number_sort, id)
