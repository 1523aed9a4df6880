INSERT IGNORE INTO tracker_naming (id, version) VALUES (1, 1)
