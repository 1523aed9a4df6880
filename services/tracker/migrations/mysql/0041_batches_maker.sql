ALTER TABLE tracker_batches COMMENT = 'a row for every writing request'
