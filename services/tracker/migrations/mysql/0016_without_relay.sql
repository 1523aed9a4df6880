DROP TABLE IF EXISTS tracker_relay
