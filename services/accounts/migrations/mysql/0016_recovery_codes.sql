CREATE TABLE IF NOT EXISTS accounts_recovery_codes (user_id BINARY(16) NOT NULL, hash VARBINARY(64) NOT NULL, PRIMARY KEY (user_id, hash))
