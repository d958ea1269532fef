"""The second migration of every service: what skipping by two people and old conflicts need."""

from typing import Final

# Frozen once released, as the first. Only additions: the release before runs on them too.
DDL: Final = """
alter table inbox_cursor add column last_time timestamptz;
alter table parked_event
    add column skip_reason text,
    add column skip_requested_by text,
    add column skip_requested_at timestamptz,
    add column skip_approved_by text,
    add column skip_approved_at timestamptz;
"""
