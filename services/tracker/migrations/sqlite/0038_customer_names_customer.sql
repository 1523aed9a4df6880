CREATE INDEX IF NOT EXISTS tracker_customer_names_customer ON tracker_customer_names (customer_id)
