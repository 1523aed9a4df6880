CREATE TABLE IF NOT EXISTS tracker_view_defaults (user_id BLOB PRIMARY KEY, view_id BLOB NOT NULL)
