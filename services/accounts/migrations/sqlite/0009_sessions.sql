CREATE TABLE IF NOT EXISTS accounts_sessions (
  hash TEXT PRIMARY KEY, id BLOB NOT NULL, user_id BLOB NOT NULL, address TEXT NOT NULL,
  created_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL)
