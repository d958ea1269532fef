"""What handoff does, a verb a file."""
