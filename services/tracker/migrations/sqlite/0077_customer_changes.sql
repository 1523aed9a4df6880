-- The file has one writer at a time, who looks names up in it.
SELECT 1
