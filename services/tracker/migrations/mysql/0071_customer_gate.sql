-- One row, locked by whoever adds names to the list of customers until that is committed. Writers that met at an INSERT of
-- one name would all be left with locks on the gap when the first of them rolls back, and deadlock.
CREATE TABLE IF NOT EXISTS tracker_customer_gate (id TINYINT PRIMARY KEY)
