-- One row: its version is another one whenever a customer's name leads to another customer or is written otherwise.
CREATE TABLE IF NOT EXISTS tracker_naming (id INTEGER PRIMARY KEY, version INTEGER NOT NULL)
