CREATE TABLE IF NOT EXISTS tracker_invoices (
  financial_year INTEGER NOT NULL, folded TEXT NOT NULL, customer_id BLOB NOT NULL, challans INTEGER NOT NULL,
  PRIMARY KEY (financial_year, folded))
