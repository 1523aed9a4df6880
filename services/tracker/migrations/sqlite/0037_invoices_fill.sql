INSERT OR IGNORE INTO tracker_invoices (financial_year, folded, customer_id, challans)
SELECT CAST(SUBSTR(day, 1, 4) AS INTEGER) - (SUBSTR(day, 6, 2) < '04'), folded, MIN(customer_id), COUNT(*) FROM (
  SELECT invoice_number AS folded, customer_id, JSON_EXTRACT(doc, '$.invoice_date') AS day
  FROM tracker_challans WHERE invoice_number <> '') AS invoiced
GROUP BY 1, 2
