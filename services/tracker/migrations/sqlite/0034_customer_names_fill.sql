INSERT OR IGNORE INTO tracker_customer_names (folded, customer_id, name) SELECT folded, id, name FROM tracker_customers
