ALTER TABLE tracker_answers COMMENT = 'answers of requests that may be sent again, for 24 hours'
