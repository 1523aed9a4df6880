CREATE TABLE IF NOT EXISTS tracker_executives (id BLOB NOT NULL, place INTEGER NOT NULL, name TEXT NOT NULL, shown TEXT NOT NULL, PRIMARY KEY (id, place)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tracker_executives_name ON tracker_executives (name, id);
