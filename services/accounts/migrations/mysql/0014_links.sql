CREATE TABLE IF NOT EXISTS accounts_links (
  hash VARBINARY(64) PRIMARY KEY, id BINARY(16) NOT NULL, user_id BINARY(16) NOT NULL, purpose VARBINARY(16) NOT NULL,
  binding VARBINARY(64) NOT NULL, expires_at BIGINT NOT NULL, KEY accounts_links_user (user_id))
