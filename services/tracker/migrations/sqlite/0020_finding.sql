CREATE TABLE IF NOT EXISTS tracker_finding (
  id BLOB PRIMARY KEY, pod INTEGER NOT NULL, submitted INTEGER NOT NULL, age_from TEXT NOT NULL,
  dispatched_day TEXT NULL, delivered_day TEXT NULL, pod_day TEXT NULL,
  invoice_day TEXT NULL, submitted_day TEXT NULL, voided_day TEXT NULL,
  created_day TEXT NULL, updated_day TEXT NULL, deleted_day TEXT NULL,
  invoice TEXT NOT NULL, external TEXT NOT NULL, source TEXT NOT NULL, received_by TEXT NOT NULL,
  created_by TEXT NOT NULL, updated_by TEXT NOT NULL, deleted_by TEXT NOT NULL,
  number_words TEXT NOT NULL, invoice_words TEXT NOT NULL, external_words TEXT NOT NULL,
  customer_words TEXT NOT NULL, executives_words TEXT NOT NULL, summary_words TEXT NOT NULL,
  remarks_words TEXT NOT NULL, void_reason_words TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS tracker_finding_dispatched ON tracker_finding (dispatched_day, id);
CREATE INDEX IF NOT EXISTS tracker_finding_delivered ON tracker_finding (delivered_day, id);
CREATE INDEX IF NOT EXISTS tracker_finding_pod ON tracker_finding (pod_day, id);
CREATE INDEX IF NOT EXISTS tracker_finding_invoice_day ON tracker_finding (invoice_day, id);
CREATE INDEX IF NOT EXISTS tracker_finding_age ON tracker_finding (age_from, id);
CREATE INDEX IF NOT EXISTS tracker_finding_invoice ON tracker_finding (invoice, id);
CREATE INDEX IF NOT EXISTS tracker_finding_external ON tracker_finding (external, id);
