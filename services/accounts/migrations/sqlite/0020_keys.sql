CREATE TABLE IF NOT EXISTS accounts_keys (
  id BLOB PRIMARY KEY, user_id BLOB NOT NULL, hash TEXT NOT NULL UNIQUE, prefix TEXT NOT NULL,
  name TEXT NOT NULL, scopes TEXT NOT NULL, sources TEXT NULL,
  created_at INTEGER NOT NULL, expires_at INTEGER NULL, last_used_at INTEGER NULL)
