CREATE TABLE IF NOT EXISTS accounts_users (
  id BINARY(16) PRIMARY KEY, version BIGINT NOT NULL,
  email VARBINARY(320) NOT NULL, email_folded VARBINARY(320) NOT NULL,
  username VARBINARY(320) NOT NULL, username_folded VARBINARY(320) NOT NULL,
  first_name VARBINARY(400) NOT NULL, last_name VARBINARY(400) NOT NULL,
  executive_name VARBINARY(400) NULL, executive_folded VARBINARY(400) NULL,
  role VARBINARY(16) NOT NULL, is_active BIGINT NOT NULL, password_hash VARBINARY(255) NULL,
  settings MEDIUMBLOB NOT NULL, found_by VARBINARY(3000) NOT NULL,
  last_sign_in_at BIGINT NULL, created_at BIGINT NOT NULL,
  UNIQUE KEY accounts_users_email (email_folded), UNIQUE KEY accounts_users_username (username_folded),
  UNIQUE KEY accounts_users_executive (executive_folded))
