"""What each guarantee costs, as a share of a POST and of a consumed batch."""

from dataclasses import dataclass
from typing import Any

from figures import say, table
from shares import Called, share_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantee:
    """A promise, the functions that keep it, and the beginnings of its statements."""

    name: str
    functions: Called = ()
    statements: tuple[str, ...] = ()


GUARANTEES = (
    Guarantee(
        name="flush: row and event together, numbered",
        functions=(("chassis/outbox.py", "_payload"), ("chassis/views.py", "_dump")),
        statements=("insert into stream_head", "with viewed as"),
    ),
    Guarantee(name="signature on every event", functions=(("chassis/outbox.py", "_headers"),)),
    Guarantee(
        name="sealing, tags",
        functions=(("chassis/vault.py", "seal"), ("chassis/vault.py", "tag")),
    ),
    Guarantee(
        name="cursor: each event once, in order",
        statements=(
            "select producer, topic, subject",
            "insert into inbox_cursor",
            "select subject, blocked",
            "insert into inbox_subject",
        ),
    ),
    Guarantee(
        name="idempotency: a request once",
        statements=("with patience as", "update idempotency_key"),
    ),
    Guarantee(name="the database's own time", statements=("select clock_timestamp",)),
    Guarantee(name="begin and commit", statements=("BEGIN", "COMMIT")),
)


def tell(posted: dict[str, Any], routed: dict[str, Any]) -> None:
    """
    Print the cost of each: its CPU by the profile, and the waits for its statements.

    Audit's part is in the table of CPU by service: it works for every event, beside the road.
    """
    say("\nWhat each guarantee costs: CPU in the service and waits for its statements,")
    say("of a whole POST /v1/cases and of a whole batch in the router's consumer.")
    table(
        ("", "POST ms", "%", "batch ms", "%"),
        [(one.name, *_cost(one, posted), *_cost(one, routed)) for one in GUARANTEES],
    )


def _cost(one: Guarantee, told: dict[str, Any]) -> tuple[float, float]:
    busy = share_of(told, one.functions) * told["cpu_ms"]
    waited = sum(
        asked["ms"] for asked in told["statements"] if asked["statement"].startswith(one.statements)
    )
    cost = busy + (waited if one.statements else 0.0)
    return cost, cost / told["wall_ms"] * 100
