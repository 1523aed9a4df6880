-- One row: its version is another one whenever a customer's name leads to another customer or is written otherwise.
CREATE TABLE IF NOT EXISTS tracker_naming (id TINYINT PRIMARY KEY, version BIGINT NOT NULL)
