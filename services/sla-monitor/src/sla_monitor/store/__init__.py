"""Tables of the SLA monitor, one file each. `marketplace` leads every business key."""
