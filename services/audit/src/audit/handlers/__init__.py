"""What the log does: take in, put in order, sign, bear witness, export."""
