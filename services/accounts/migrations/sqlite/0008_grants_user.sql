CREATE INDEX IF NOT EXISTS accounts_grants_user ON accounts_grants (user_id)
