CREATE TABLE IF NOT EXISTS accounts_permission_sets (
  id BINARY(16) PRIMARY KEY, version BIGINT NOT NULL, name VARBINARY(400) NOT NULL, name_folded VARBINARY(400) NOT NULL,
  grants MEDIUMBLOB NOT NULL, created_at BIGINT NOT NULL, UNIQUE KEY accounts_permission_sets_name (name_folded))
