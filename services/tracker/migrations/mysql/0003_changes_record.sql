ALTER TABLE tracker_changes COMMENT = 'every change of the register, in commit order'
