CREATE INDEX IF NOT EXISTS accounts_sessions_user ON accounts_sessions (user_id, created_at)
