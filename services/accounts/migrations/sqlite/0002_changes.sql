CREATE TABLE IF NOT EXISTS accounts_changes (
  seq INTEGER PRIMARY KEY, entity TEXT NOT NULL, entity_id BLOB NOT NULL, version INTEGER NOT NULL,
  kind TEXT NOT NULL, actor_id BLOB NULL, batch_id BLOB NOT NULL, request_id TEXT NOT NULL,
  at INTEGER NOT NULL, payload BLOB NOT NULL)
