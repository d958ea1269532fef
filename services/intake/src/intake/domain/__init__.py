"""Decisions and words of intake. Pure: no clock, no database, no framework."""
