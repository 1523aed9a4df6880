CREATE TABLE IF NOT EXISTS accounts_sessions (
  hash VARBINARY(64) PRIMARY KEY, id BINARY(16) NOT NULL, user_id BINARY(16) NOT NULL, address VARBINARY(64) NOT NULL,
  created_at BIGINT NOT NULL, last_seen_at BIGINT NOT NULL, KEY accounts_sessions_user (user_id, created_at))
