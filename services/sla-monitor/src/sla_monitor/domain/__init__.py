"""What the SLA monitor decides. Pure: clocks come from the playbook, time as an argument."""
