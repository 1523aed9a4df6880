CREATE TABLE IF NOT EXISTS accounts_keys (
  id BINARY(16) PRIMARY KEY, user_id BINARY(16) NOT NULL, hash VARBINARY(64) NOT NULL, prefix VARBINARY(16) NOT NULL,
  name VARBINARY(400) NOT NULL, scopes VARBINARY(255) NOT NULL, sources MEDIUMBLOB NULL,
  created_at BIGINT NOT NULL, expires_at BIGINT NULL, last_used_at BIGINT NULL,
  UNIQUE KEY accounts_keys_hash (hash), KEY accounts_keys_user (user_id, id))
