"""What a service listens to, and what it does about it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Protocol, TypeVar

from chassis.cloudevents import RawRecord
from chassis.door import Tx
from contracts import catalogue
from contracts.event import AnyEvent, Contract, Event

ContractT = TypeVar("ContractT", bound=Contract)
ContractT_contra = TypeVar("ContractT_contra", bound=Contract, contravariant=True)
Partition = tuple[str, int]


class Handler(Protocol[ContractT_contra]):
    """
    What a service does about an event.

    `tx.views[event.subject]` is locked and holds the fold of this event. A handler writes only
    rows of its own subject, opens no sealed value, and never leaves the process.
    """

    async def __call__(self, event: Event[ContractT_contra], /, *, tx: Tx) -> None: ...


class RawHandler(Protocol):
    """
    What a service does about a record of a partner topic: no envelope of ours, no sequence.

    Raises:
        NotAnEvent: The record is garbage. It goes to the quarantine.
    """

    async def __call__(self, record: RawRecord, /, *, tx: Tx) -> None: ...


class Store(Protocol):
    """Keep records as they came; in their order, each transaction's records at once."""

    async def __call__(self, records: Sequence[RawRecord], /, *, tx: Tx) -> None: ...


class CaughtUp(Protocol):
    """
    Hear that partitions were read to their end.

    Of each (topic, partition) the database's time of a fetch after which nothing was left.
    """

    async def __call__(self, read_to: Mapping[Partition, datetime], /, *, tx: Tx) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One kind of event, and what to do about it."""

    event_type: str
    handle: Callable[[AnyEvent, Tx], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSubscription:
    """One partner topic, and what to do about its records."""

    topic: str
    handle: RawHandler


def subscribe(contract: type[ContractT], handle: Handler[ContractT], /) -> Subscription:
    """
    Hand every event of `contract` to `handle`.

    Pass a function, not a `partial` or a `lambda`: through those mypy no longer sees whether
    the two fit.
    """

    async def receive(event: AnyEvent, tx: Tx) -> None:
        await handle(event, tx=tx)

    return Subscription(event_type=contract.type, handle=receive)


def subscribe_raw(topic: str, handle: RawHandler, /) -> RawSubscription:
    """Hand every record of a partner topic to `handle`; once each, where it has a `ce_id`."""
    return RawSubscription(topic=topic, handle=handle)


class Start(Enum):
    """Where a consumer begins with a stream of which it knows nothing yet."""

    GENESIS = auto()  # at its first event: whatever else comes first is too early
    FIRST_SEEN = auto()  # the same, but at whatever comes first of cases older than the consumer


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """
    One reader of the log. `name` is its service's and its cursors': never renamed, only retired.

    A consumer reads every event of its topics, also those that it does nothing about: without
    them it could not tell a gap from silence.

    A consumer that joins a log older than itself begins at `FIRST_SEEN`: of cases opened before its
    birthday the log may no longer have the beginning. It follows them without knowing them.
    """

    name: str
    topics: tuple[str, ...]
    subscriptions: tuple[Subscription | RawSubscription, ...] = ()
    find_contract: Callable[[str], type[Contract] | None] = catalogue.find
    caught_up: CaughtUp | None = None
    role: str = "worker"  # the processes that run it
    start: Start = Start.GENESIS

    def find(self, event_type: str) -> Subscription | None:
        events = (s for s in self.subscriptions if isinstance(s, Subscription))
        return next((s for s in events if s.event_type == event_type), None)

    def find_raw(self, topic: str) -> RawSubscription | None:
        raw = (s for s in self.subscriptions if isinstance(s, RawSubscription))
        return next((s for s in raw if s.topic == topic), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """A reader that keeps whole topics: records in the order of each partition, ≤ 500 at once."""

    name: str
    topics: tuple[str, ...]
    store: Store
    role: str = "worker"  # the processes that run it
