CREATE INDEX IF NOT EXISTS accounts_changes_record ON accounts_changes (entity_id, seq)
