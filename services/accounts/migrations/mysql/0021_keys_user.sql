ALTER TABLE accounts_keys COMMENT = 'API keys; hash is SHA-256 of the key, which is shown once'
