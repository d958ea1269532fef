"""What the router does, a verb a file."""
