"""What resolution does, a file a verb."""
