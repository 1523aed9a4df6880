ALTER TABLE accounts_grants COMMENT = 'what users may do; body is the grant as the API gives it'
