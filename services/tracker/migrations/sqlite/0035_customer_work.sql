CREATE TABLE IF NOT EXISTS tracker_customer_work (
  id BLOB PRIMARY KEY, customer_id BLOB NOT NULL, folded TEXT NOT NULL, last_id BLOB NOT NULL, context TEXT NOT NULL)
