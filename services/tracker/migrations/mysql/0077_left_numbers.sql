-- Numbers that a challan had in a financial year before its date moved to another one. They stay its own there.
CREATE TABLE IF NOT EXISTS tracker_left_numbers (
  financial_year INT NOT NULL, challan_number VARBINARY(16) NOT NULL, challan_id BINARY(16) NOT NULL,
  PRIMARY KEY (financial_year, challan_number))
