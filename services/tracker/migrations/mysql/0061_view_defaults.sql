CREATE TABLE IF NOT EXISTS tracker_view_defaults (user_id BINARY(16) PRIMARY KEY, view_id BINARY(16) NOT NULL, KEY tracker_view_defaults_view (view_id))
