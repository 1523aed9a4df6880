CREATE TABLE IF NOT EXISTS tracker_customer_names (folded TEXT PRIMARY KEY, customer_id BLOB NOT NULL, name TEXT NOT NULL)
