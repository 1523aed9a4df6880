CREATE TABLE IF NOT EXISTS accounts_browsers (session_id BLOB PRIMARY KEY, agent TEXT NOT NULL)
