"""A package, so that its stack goes down with its last journey."""
