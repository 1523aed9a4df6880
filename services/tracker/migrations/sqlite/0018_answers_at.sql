CREATE INDEX IF NOT EXISTS tracker_answers_at ON tracker_answers (at)
