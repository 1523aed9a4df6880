CREATE TABLE IF NOT EXISTS tracker_counters (series VARBINARY(64) NOT NULL, period VARBINARY(16) NOT NULL, next_number BIGINT NOT NULL, PRIMARY KEY (series, period))
