"""Door 1: clocks and escalations, for people who watch over time."""
