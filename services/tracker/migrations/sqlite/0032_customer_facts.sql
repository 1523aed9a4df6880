CREATE TABLE IF NOT EXISTS tracker_customer_facts (id BLOB PRIMARY KEY, merged_into BLOB NULL, doc TEXT NOT NULL)
