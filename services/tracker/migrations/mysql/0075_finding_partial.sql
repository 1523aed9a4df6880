-- A server has no partial indexes.
SELECT 1
