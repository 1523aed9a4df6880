CREATE TABLE IF NOT EXISTS tracker_challans (
  id BLOB PRIMARY KEY, version INTEGER NOT NULL, deleted INTEGER NOT NULL,
  financial_year INTEGER NOT NULL, challan_number TEXT NULL, number_sort TEXT NOT NULL,
  date TEXT NOT NULL, customer_id BLOB NOT NULL, customer TEXT NOT NULL,
  stage TEXT NOT NULL, amount INTEGER NOT NULL, delivered TEXT NOT NULL,
  invoice_number TEXT NOT NULL, executives TEXT NOT NULL, updated_at INTEGER NOT NULL,
  source TEXT NULL, external_id TEXT NULL, occurred_at INTEGER NULL, source_base TEXT NULL,
  doc TEXT NOT NULL,
  UNIQUE (financial_year, challan_number), UNIQUE (source, external_id))
