-- Kept in the order of its key alone: one tree fewer is written with each batch. A batch of one challan names it, so that it can be
-- written before its place in the log is known.
CREATE TABLE tracker_batches_anew (
  id BLOB PRIMARY KEY, maker BLOB NOT NULL, maker_name TEXT NOT NULL, at INTEGER NOT NULL, action TEXT NOT NULL,
  via TEXT NOT NULL, status TEXT NOT NULL, matched INTEGER NOT NULL, done INTEGER NOT NULL, changed INTEGER NOT NULL,
  refused INTEGER NOT NULL, first_seq INTEGER NULL, last_seq INTEGER NULL, undo_of BLOB NULL, undone_by BLOB NULL,
  challan_id BLOB NULL, challan_version INTEGER NULL) WITHOUT ROWID;
INSERT INTO tracker_batches_anew (id, maker, maker_name, at, action, via, status, matched, done, changed, refused, first_seq,
  last_seq, undo_of, undone_by)
SELECT id, maker, maker_name, at, action, via, status, matched, done, changed, refused, first_seq, last_seq, undo_of, undone_by
FROM tracker_batches ORDER BY id;
DROP TABLE tracker_batches;
ALTER TABLE tracker_batches_anew RENAME TO tracker_batches;
CREATE INDEX tracker_batches_maker ON tracker_batches (maker, id)
