-- A batch of one challan names it, so that it can be written before its place in the log is known. MySQL has no ADD COLUMN IF NOT
-- EXISTS, and this may run twice.
SET @dctracker_add = IF(
  (SELECT COUNT(*) FROM information_schema.columns
   WHERE table_schema = DATABASE() AND table_name = 'tracker_batches' AND column_name = 'challan_id') = 0,
  'ALTER TABLE tracker_batches ADD COLUMN challan_id BINARY(16) NULL, ADD COLUMN challan_version BIGINT NULL',
  'SELECT 1');
PREPARE dctracker_add FROM @dctracker_add;
EXECUTE dctracker_add;
DEALLOCATE PREPARE dctracker_add
