CREATE TABLE IF NOT EXISTS accounts_tries (bucket VARBINARY(128) PRIMARY KEY, full_until BIGINT NOT NULL, KEY accounts_tries_full (full_until))
