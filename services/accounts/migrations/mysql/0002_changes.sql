CREATE TABLE IF NOT EXISTS accounts_changes (
  seq BIGINT PRIMARY KEY, entity VARBINARY(32) NOT NULL, entity_id BINARY(16) NOT NULL, version BIGINT NOT NULL,
  kind VARBINARY(32) NOT NULL, actor_id BINARY(16) NULL, batch_id BINARY(16) NOT NULL, request_id VARBINARY(64) NOT NULL,
  at BIGINT NOT NULL, payload LONGBLOB NOT NULL, KEY accounts_changes_record (entity_id, seq))
