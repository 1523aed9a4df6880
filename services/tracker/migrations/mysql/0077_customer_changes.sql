-- Counts the changes of customers that were there before, and is shared-locked by a writer who goes by names as it remembers
-- them: where the count is the one it knows, every name still is whose it was.
CREATE TABLE IF NOT EXISTS tracker_customer_changes (id TINYINT PRIMARY KEY, n BIGINT NOT NULL);
INSERT IGNORE INTO tracker_customer_changes (id, n) VALUES (1, 0)
