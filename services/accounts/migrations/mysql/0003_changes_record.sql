ALTER TABLE accounts_changes COMMENT = 'every change of users, grants and sessions, in commit order'
