"""What the vault does, a verb a file."""
