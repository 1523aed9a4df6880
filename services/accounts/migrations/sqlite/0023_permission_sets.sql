CREATE TABLE IF NOT EXISTS accounts_permission_sets (
  id BLOB PRIMARY KEY, version INTEGER NOT NULL, name TEXT NOT NULL, name_folded TEXT NOT NULL UNIQUE,
  grants TEXT NOT NULL, created_at INTEGER NOT NULL)
