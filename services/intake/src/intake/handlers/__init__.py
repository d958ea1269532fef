"""What intake does: a file a verb."""
