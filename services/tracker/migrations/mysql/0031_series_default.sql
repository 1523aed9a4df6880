INSERT IGNORE INTO tracker_series (id, counter, name, folded, template, reset_rule, default_mark, version)
VALUES (X'00000000000070008000000000000001', 'default', 'Challans', 'challans', '{YY}{MM}{SEQ:5}', 'monthly', 1, 1)
