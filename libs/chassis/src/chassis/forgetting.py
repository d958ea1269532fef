"""What the inbox no longer needs is deleted, a chunk at a time."""

from datetime import timedelta
from typing import Final

from chassis.door import Tx

# Longer than any partner topic is kept (90 days): what can be read again must be known again.
SEEN_FOR: Final = timedelta(days=100)
SETTLED_FOR: Final = timedelta(days=14)

_AT_ONCE: Final = 1000
_SEEN = """
delete from inbox_seen where (consumer, source, event_id) in (
    select consumer, source, event_id from inbox_seen where seen_at < $1 limit $2
) returning true
"""
_SETTLED = """
delete from parked_event where (consumer, src_topic, src_partition, src_offset) in (
    select consumer, src_topic, src_partition, src_offset from parked_event
    where state in ('done', 'skipped') and first_failed_at < $1 limit $2
) returning true
"""


async def forget(tx: Tx) -> bool:
    """Delete a chunk of what was seen or settled long ago; say whether there may be more."""
    connection = await tx.raw()
    seen = await connection.fetch(_SEEN, tx.now - SEEN_FOR, _AT_ONCE)
    settled = await connection.fetch(_SETTLED, tx.now - SETTLED_FOR, _AT_ONCE)
    return _AT_ONCE in {len(seen), len(settled)}
