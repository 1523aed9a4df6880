CREATE TABLE IF NOT EXISTS accounts_users (
  id BLOB PRIMARY KEY, version INTEGER NOT NULL,
  email TEXT NOT NULL, email_folded TEXT NOT NULL UNIQUE,
  username TEXT NOT NULL, username_folded TEXT NOT NULL UNIQUE,
  first_name TEXT NOT NULL, last_name TEXT NOT NULL,
  executive_name TEXT NULL, executive_folded TEXT NULL UNIQUE,
  role TEXT NOT NULL, is_active INTEGER NOT NULL, password_hash TEXT NULL,
  settings TEXT NOT NULL, found_by TEXT NOT NULL,
  last_sign_in_at INTEGER NULL, created_at INTEGER NOT NULL)
