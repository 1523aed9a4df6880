CREATE TABLE IF NOT EXISTS tracker_invoices (
  financial_year INTEGER NOT NULL, folded VARBINARY(200) NOT NULL, customer_id BINARY(16) NOT NULL, challans BIGINT NOT NULL,
  PRIMARY KEY (financial_year, folded))
