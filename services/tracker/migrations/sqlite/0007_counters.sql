CREATE TABLE IF NOT EXISTS tracker_counters (series TEXT NOT NULL, period TEXT NOT NULL, next_number INTEGER NOT NULL, PRIMARY KEY (series, period))
