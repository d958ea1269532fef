"""At rest: nothing on its way, nothing held, nothing in the clear."""

from collections.abc import Iterator
from typing import Final

from harness.anomalies import Anomaly, Name
from harness.checker_index import Index

_HELD: Final = frozenset({"waiting", "dead"})


def liveness(ix: Index) -> Iterator[Anomaly]:
    """I11: healed, the system comes to rest by itself, in time, and holds nothing back."""
    rest, limit = ix.dump.rest, ix.dump.setting.rests_within
    if rest.unrest or rest.seconds > limit:
        says = rest.unrest or f"it took {rest.seconds:.0f} s, {limit:.0f} are allowed"
        yield Anomaly(name=Name.RESTLESS, invariant="I11", about="the system", says=says)
    for one in ix.dump.parked:
        if one.state in _HELD:
            yield Anomaly(
                name=Name.STUCK,
                invariant="I11",
                about=f"{one.service} of {one.subject}",
                says=f"number {one.sequence} of {one.producer} is {one.state}: {one.reason}",
                slice=(one,),
            )
    yield from _quarantined(ix)
    yield from _blocked(ix)


def _quarantined(ix: Index) -> Iterator[Anomaly]:
    foreign = {(one.topic, one.partition, one.offset) for one in ix.dump.foreign}
    for one in ix.dump.quarantined:
        if (one.topic, one.partition, one.offset) not in foreign:
            yield Anomaly(
                name=Name.STUCK,
                invariant="I11",
                about=f"{one.service} at {one.topic}/{one.partition}/{one.offset}",
                says=f"a record of ours is in quarantine: {one.error}",
                slice=(one,),
            )


def _blocked(ix: Index) -> Iterator[Anomaly]:
    held = {(one.service, one.subject) for one in ix.dump.parked if one.state in _HELD}
    for view in ix.dump.views:
        if view.blocked and (view.service, view.case) not in held:
            yield Anomaly(
                name=Name.STUCK,
                invariant="I11",
                about=f"{view.service} of {view.case}",
                says="the case is held, and nothing of it is parked",
                slice=(view,),
            )


def secrecy(ix: Index) -> Iterator[Anomaly]:
    """I10: no canary was found in the clear."""
    for one in ix.dump.sightings:
        yield Anomaly(name=Name.LEAK, invariant="I10", about=one.where, says=one.text, slice=(one,))
