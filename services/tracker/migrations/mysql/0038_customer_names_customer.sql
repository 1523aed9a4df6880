ALTER TABLE tracker_customer_names COMMENT = 'every name by which a customer is found'
