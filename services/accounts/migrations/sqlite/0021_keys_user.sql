CREATE INDEX IF NOT EXISTS accounts_keys_user ON accounts_keys (user_id, id)
