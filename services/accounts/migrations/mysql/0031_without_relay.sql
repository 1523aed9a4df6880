DROP TABLE IF EXISTS accounts_relay
