"""What the router decides. Pure: no clock, no database, no framework."""
