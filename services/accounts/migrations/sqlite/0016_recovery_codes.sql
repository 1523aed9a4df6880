CREATE TABLE IF NOT EXISTS accounts_recovery_codes (user_id BLOB NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (user_id, hash))
