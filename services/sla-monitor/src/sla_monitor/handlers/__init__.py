"""What the SLA monitor does, a file a verb."""
