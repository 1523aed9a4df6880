CREATE TABLE IF NOT EXISTS tracker_finding (
  id BINARY(16) PRIMARY KEY, pod TINYINT NOT NULL, submitted TINYINT NOT NULL, age_from VARBINARY(10) NOT NULL,
  dispatched_day VARBINARY(10) NULL, delivered_day VARBINARY(10) NULL, pod_day VARBINARY(10) NULL,
  invoice_day VARBINARY(10) NULL, submitted_day VARBINARY(10) NULL, voided_day VARBINARY(10) NULL,
  created_day VARBINARY(10) NULL, updated_day VARBINARY(10) NULL, deleted_day VARBINARY(10) NULL,
  invoice BLOB NOT NULL, external BLOB NOT NULL, source BLOB NOT NULL, received_by BLOB NOT NULL,
  created_by BLOB NOT NULL, updated_by BLOB NOT NULL, deleted_by BLOB NOT NULL,
  number_words MEDIUMBLOB NOT NULL, invoice_words MEDIUMBLOB NOT NULL, external_words MEDIUMBLOB NOT NULL,
  customer_words MEDIUMBLOB NOT NULL, executives_words MEDIUMBLOB NOT NULL, summary_words MEDIUMBLOB NOT NULL,
  remarks_words MEDIUMBLOB NOT NULL, void_reason_words MEDIUMBLOB NOT NULL,
  KEY tracker_finding_dispatched (dispatched_day, id), KEY tracker_finding_delivered (delivered_day, id),
  KEY tracker_finding_pod (pod_day, id), KEY tracker_finding_invoice_day (invoice_day, id),
  KEY tracker_finding_age (age_from, id), KEY tracker_finding_invoice (invoice(64), id),
  KEY tracker_finding_external (external(64), id)
) DEFAULT CHARSET = utf8mb4
