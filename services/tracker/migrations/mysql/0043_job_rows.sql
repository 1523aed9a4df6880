CREATE TABLE IF NOT EXISTS tracker_job_rows (batch_id BINARY(16) NOT NULL, challan_id BINARY(16) NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (batch_id, challan_id))
