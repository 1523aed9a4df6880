CREATE TABLE IF NOT EXISTS tracker_views (
  id BINARY(16) PRIMARY KEY, owner_id BINARY(16) NOT NULL, owner_name VARBINARY(800) NOT NULL, name VARBINARY(400) NOT NULL,
  folded VARBINARY(800) NOT NULL, shared INTEGER NOT NULL, state LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  version BIGINT NOT NULL, UNIQUE KEY tracker_views_name (owner_id, folded), KEY tracker_views_shared (shared))
