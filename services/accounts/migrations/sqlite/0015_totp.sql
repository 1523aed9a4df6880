CREATE TABLE IF NOT EXISTS accounts_totp (
  user_id BLOB PRIMARY KEY, secret TEXT NOT NULL, confirmed_at INTEGER NULL, made_at INTEGER NOT NULL, last_step INTEGER NOT NULL)
