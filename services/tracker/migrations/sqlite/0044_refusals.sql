CREATE TABLE IF NOT EXISTS tracker_refusals (
  batch_id BLOB NOT NULL, n INTEGER NOT NULL, challan_id BLOB NULL, field TEXT NULL, code TEXT NOT NULL, detail TEXT NOT NULL,
  PRIMARY KEY (batch_id, n))
