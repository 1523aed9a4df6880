CREATE TABLE IF NOT EXISTS tracker_batches (
  id BINARY(16) PRIMARY KEY, maker BINARY(16) NOT NULL, maker_name LONGTEXT NOT NULL, at BIGINT NOT NULL, action VARBINARY(16) NOT NULL,
  via VARBINARY(16) NOT NULL, status VARBINARY(8) NOT NULL, matched BIGINT NOT NULL, done BIGINT NOT NULL, changed BIGINT NOT NULL,
  refused BIGINT NOT NULL, first_seq BIGINT NULL, last_seq BIGINT NULL, undo_of BINARY(16) NULL, undone_by BINARY(16) NULL,
  KEY tracker_batches_maker (maker, id)) DEFAULT CHARSET = utf8mb4
