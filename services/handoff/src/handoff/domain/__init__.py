"""What handoff decides. Pure: no clock, no database, no framework."""
