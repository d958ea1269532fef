"""Resolution's own rows: checklists, letters, decisions, notes. Everything else is in the fold."""
