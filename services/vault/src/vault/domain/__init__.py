"""What the vault decides. Pure: no clock, no database, no framework."""
