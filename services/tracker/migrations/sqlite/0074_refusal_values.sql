CREATE TABLE IF NOT EXISTS tracker_refusal_values (
  batch_id BLOB NOT NULL, n INTEGER NOT NULL, said TEXT NOT NULL, PRIMARY KEY (batch_id, n))
