CREATE TABLE IF NOT EXISTS tracker_customer_names (folded VARBINARY(800) PRIMARY KEY, customer_id BINARY(16) NOT NULL, name VARBINARY(800) NOT NULL,
  KEY tracker_customer_names_customer (customer_id))
