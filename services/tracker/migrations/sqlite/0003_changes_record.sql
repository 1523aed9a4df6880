CREATE INDEX IF NOT EXISTS tracker_changes_record ON tracker_changes (entity_id, seq)
