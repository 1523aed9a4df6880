ALTER TABLE accounts_sessions COMMENT = 'who is signed in; hash is SHA-256 of the id in the cookie'
