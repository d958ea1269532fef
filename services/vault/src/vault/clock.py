"""Door 3: past erasures are applied again, before anything is opened and ever after."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError

from chassis.broker import Kafka, look_back
from chassis.clock import Duty
from chassis.cloudevents import NotAnEvent, RawRecord, read_envelope
from chassis.door import Tx
from chassis.problems import VaultUnavailable
from chassis.signing import BadSignature, verify
from contracts.catalogue import GOVERNANCE
from contracts.vault import SellerErased
from vault.domain.erasure import Erasure
from vault.handlers.apply_erasures import apply_erasures

PublicKeys = Mapping[str, Ed25519PublicKey]

_EVERY: Final = timedelta(seconds=30)
_READ_WITHIN: Final = 60.0
# Records of one instant may stand in several partitions, and come in any order.
_OVERLAP_MS: Final = 60_000
_log = structlog.get_logger()


class Recall:
    """
    What the topic says of erasures, whatever this database has forgotten of them.

    A backup from before an erasure holds the key, and no consumer's offset would bring the event
    again. So the topic is read from its beginning when a process starts, and nothing is opened
    before; then what is new of it, so that a database that is restored under a running process is
    set right too.
    """

    def __init__(self, kafka: Kafka | None, *, keys: Callable[[], PublicKeys]) -> None:
        self._kafka = kafka
        self._keys = keys
        self._since_ms = 0
        self._known: dict[str, Erasure] = {}
        self._applied = kafka is None  # without Kafka nobody could have said anything

    async def listen(self) -> Sequence[Erasure]:
        """
        Read what was said since the last time; return every erasure known by now.

        Raises:
            BrokerAway, TimeoutError: Begin again in a moment.
        """
        if self._kafka is None:
            return ()
        newest = self._since_ms
        async with asyncio.timeout(_READ_WITHIN), self._kafka.looking_back() as reader:
            since = max(self._since_ms - _OVERLAP_MS, 0)
            async for records in look_back(reader, GOVERNANCE, since_ms=since):
                newest = max(newest, *(record.timestamp_ms for record in records))
                self._note(records)
        self._since_ms = newest
        return tuple(self._known.values())

    def _note(self, records: Sequence[RawRecord]) -> None:
        for record in records:
            if erasure := read_erasure(record, self._keys()):
                self._known[erasure.key] = erasure

    async def apply(self, tx: Tx, done: Sequence[Erasure]) -> None:
        await apply_erasures(tx, done)
        tx.before_commit.append(self._tell)

    async def _tell(self) -> None:
        self._applied = True

    async def ask(self) -> str | None:
        """Say for `/readyz` whether past erasures are still to be applied."""
        return None if self._applied else "past erasures are not applied yet: nothing is opened"

    def check(self) -> None:
        """
        Let something be opened.

        Raises:
            VaultUnavailable: Whose key is to be destroyed again is not known yet.
        """
        if not self._applied:
            raise VaultUnavailable


def read_erasure(record: RawRecord, keys: PublicKeys) -> Erasure | None:
    """
    Read an erasure that the vault has signed; None for whatever else stands in the topic.

    Anyone who may write there could destroy a key otherwise.
    """
    if record.headers.get("ce_type") != SellerErased.type:
        return None
    try:
        envelope = read_envelope(record)
        verify(record.headers, record.value or b"", keys)
        fact = SellerErased.model_validate_json(record.value or b"")
    except (NotAnEvent, BadSignature, ValidationError) as error:
        _log.error("erasure_not_believed", error=type(error).__name__, offset=record.offset)
        return None
    if envelope.producer != SellerErased.producer or envelope.marketplace is None:
        _log.error("erasure_not_believed", error="of another producer", offset=record.offset)
        return None
    return Erasure(
        marketplace=envelope.marketplace,
        seller=fact.seller,
        key=fact.key,
        legal_basis=fact.legal_basis,
        requested_by=fact.requested_by,
        requested_at=fact.requested_at,
        approved_by=fact.approved_by,
        erased_at=envelope.time,
    )


def recalling(recall: Recall) -> Duty:
    """Every process that opens values does it for itself: it must not open before."""
    return Duty(
        name="recall-erasures",
        every=_EVERY,
        prepare=recall.listen,
        work=recall.apply,
        leased=False,
        role="api",
    )
