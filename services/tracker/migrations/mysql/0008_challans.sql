CREATE TABLE IF NOT EXISTS tracker_challans (
  id BINARY(16) PRIMARY KEY, version BIGINT NOT NULL, deleted TINYINT NOT NULL,
  financial_year INT NOT NULL, challan_number VARBINARY(16) NULL, number_sort VARBINARY(16) NOT NULL,
  date VARBINARY(10) NOT NULL, customer_id BINARY(16) NOT NULL, customer VARBINARY(800) NOT NULL,
  stage VARBINARY(16) NOT NULL, amount BIGINT NOT NULL, delivered VARBINARY(40) NOT NULL,
  invoice_number VARBINARY(200) NOT NULL, executives VARBINARY(8000) NOT NULL, updated_at BIGINT NOT NULL,
  source VARBINARY(256) NULL, external_id VARBINARY(512) NULL, occurred_at BIGINT NULL, source_base LONGTEXT NULL,
  doc LONGTEXT NOT NULL,
  UNIQUE KEY tracker_challans_number (financial_year, challan_number),
  UNIQUE KEY tracker_challans_source (source, external_id),
  KEY tracker_challans_date (deleted, date, id), KEY tracker_challans_customer (deleted, customer(200), id),
  KEY tracker_challans_stage (deleted, stage, date, id), KEY tracker_challans_sort (deleted, number_sort, id),
  KEY tracker_challans_updated (deleted, updated_at, id), KEY tracker_challans_amount (deleted, amount, id)
) DEFAULT CHARSET = utf8mb4
