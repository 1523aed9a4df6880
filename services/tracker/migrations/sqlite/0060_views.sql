CREATE TABLE IF NOT EXISTS tracker_views (
  id BLOB PRIMARY KEY, owner_id BLOB NOT NULL, owner_name TEXT NOT NULL, name TEXT NOT NULL, folded TEXT NOT NULL,
  shared INTEGER NOT NULL, state TEXT NOT NULL, version INTEGER NOT NULL, UNIQUE (owner_id, folded))
