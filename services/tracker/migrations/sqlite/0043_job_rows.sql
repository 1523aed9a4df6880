CREATE TABLE IF NOT EXISTS tracker_job_rows (batch_id BLOB NOT NULL, challan_id BLOB NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (batch_id, challan_id))
