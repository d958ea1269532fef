"""Documents that sellers send: what is taken, and when."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from contracts.lifecycle import CaseState
from contracts.sealed import SealedValue

LARGEST_FILE: Final = 20 * 1024 * 1024
MOST_FILES: Final = 20
MEDIA_TYPES: Final = frozenset({"application/pdf", "image/jpeg", "image/png"})

Provenance: TypeAlias = Literal["seller", "front_end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveEvidence:
    """A document has come: encrypted and durable, its name and key sealed."""

    case: str
    evidence: str
    kind: str
    item: str | None
    size: int
    media_type: str
    provenance: Provenance
    file: SealedValue
    file_tag: bytes


class EvidenceRefused(Exception):
    """What was sent cannot become evidence. Nothing of it is kept."""


class TooManyFiles(EvidenceRefused):
    """The case holds as many files as a case may."""


class FileTooLarge(EvidenceRefused):
    """More than 20 MiB."""


class WrongMediaType(EvidenceRefused):
    """No document that we take, or another than it is said to be."""


class DigestUnreadable(EvidenceRefused):
    """`Content-Digest` was sent, but holds no SHA-256."""


class CutOff(EvidenceRefused):
    """The upload ended before its end, or is no multipart form."""


class NotAskedFor(EvidenceRefused):
    """The item that the upload names is not asked for in this case, or is of another kind."""


class CaseTakesNoEvidence(EvidenceRefused):
    """The case has ended."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.public = {"case_status": status, "allowed": []}


def check_room(state: CaseState) -> None:
    """
    Refuse what the case cannot take: looked at before a byte is read, and again under the lock.

    Raises:
        CaseTakesNoEvidence: It has ended.
        TooManyFiles: It holds 20 files.
    """
    if state.has_ended:
        raise CaseTakesNoEvidence(state.status)
    if sum(item.received_at is not None for item in state.evidence.values()) >= MOST_FILES:
        raise TooManyFiles


def check_item(state: CaseState, *, item: str | None, kind: str) -> None:
    """
    Hold an upload to the item that it names.

    Raises:
        NotAskedFor: The case asked for no such item, or for another kind under that name.
    """
    if item is None:
        return
    asked = state.items.get(item)
    if asked is None or asked.kind != kind:
        raise NotAskedFor


def check_media_type(found: str | None, *, declared: str, allowed: Collection[str]) -> str:
    """
    Return the type of a file by its first bytes, if that is what it was declared to be.

    Raises:
        WrongMediaType: It is not, or the kind of evidence does not take it.
    """
    if found is None or found != declared or found not in MEDIA_TYPES or found not in allowed:
        raise WrongMediaType
    return found
