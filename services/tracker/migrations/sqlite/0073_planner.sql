-- How rows are spread in a register of a million challans: nearly all are not deleted, a day has 900, a customer 500. The planner
-- goes by that from the first row on, and always: rows measured while there are few, or in part, made it scan a million for one
-- number (https://sqlite.org/queryplanner-ng.html, "fixed results of ANALYZE").
ANALYZE tracker_log_head;
DELETE FROM sqlite_stat1 WHERE tbl IN ('tracker_challans', 'tracker_executives', 'tracker_finding');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('tracker_challans', 'sqlite_autoindex_tracker_challans_1', '1000000 1'),
  ('tracker_challans', 'sqlite_autoindex_tracker_challans_2', '1000000 330000 1'),
  ('tracker_challans', 'sqlite_autoindex_tracker_challans_3', '1000000 330000 1'),
  ('tracker_challans', 'tracker_challans_amount', '1000000 1000000 20 1'),
  ('tracker_challans', 'tracker_challans_customer', '1000000 1000000 500 1'),
  ('tracker_challans', 'tracker_challans_date', '1000000 1000000 900 1'),
  ('tracker_challans', 'tracker_challans_sort', '1000000 1000000 1 1'),
  ('tracker_challans', 'tracker_challans_stage', '1000000 1000000 160000 220 1 1 1 1'),
  ('tracker_challans', 'tracker_challans_updated', '1000000 1000000 10 1'),
  ('tracker_executives', 'tracker_executives', '1300000 2 1'),
  ('tracker_executives', 'tracker_executives_name', '1300000 1000 1'),
  ('tracker_finding', 'sqlite_autoindex_tracker_finding_1', '1000000 1'),
  ('tracker_finding', 'tracker_finding_age', '1000000 900 1'),
  ('tracker_finding', 'tracker_finding_delivered', '1000000 900 1'),
  ('tracker_finding', 'tracker_finding_dispatched', '1000000 900 1'),
  ('tracker_finding', 'tracker_finding_external', '1000000 1 1'),
  ('tracker_finding', 'tracker_finding_invoice', '1000000 2 1'),
  ('tracker_finding', 'tracker_finding_invoice_day', '1000000 900 1'),
  ('tracker_finding', 'tracker_finding_pod', '1000000 900 1');
-- Reads them into the connection at hand; others read them with the tables.
ANALYZE sqlite_schema
