-- SQLite has one writer, who needs no gate.
SELECT 1
