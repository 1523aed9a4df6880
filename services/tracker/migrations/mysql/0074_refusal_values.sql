CREATE TABLE IF NOT EXISTS tracker_refusal_values (
  batch_id BINARY(16) NOT NULL, n BIGINT NOT NULL, said LONGTEXT NOT NULL, PRIMARY KEY (batch_id, n)) DEFAULT CHARSET = utf8mb4
  COMMENT = 'what stands where a batch was refused for a change of somebody else: the value, who and when, as JSON'
