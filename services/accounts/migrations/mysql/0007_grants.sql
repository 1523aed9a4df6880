CREATE TABLE IF NOT EXISTS accounts_grants (id BINARY(16) PRIMARY KEY, user_id BINARY(16) NOT NULL, body MEDIUMBLOB NOT NULL, expires_at BIGINT NULL, KEY accounts_grants_user (user_id))
