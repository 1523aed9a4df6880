INSERT IGNORE INTO tracker_customer_gate (id) VALUES (1)
