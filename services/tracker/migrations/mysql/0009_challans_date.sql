ALTER TABLE tracker_challans COMMENT = 'challans; doc is the record, the other columns find and order it'
