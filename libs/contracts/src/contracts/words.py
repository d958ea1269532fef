"""The strings that a contract may hold: each is classified, none is free text (security.md §3)."""

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import StringConstraints

Level: TypeAlias = Literal["public", "internal", "restricted"]


@dataclass(frozen=True, slots=True)
class Classified:
    """Who may see a string. The check of contracts refuses a string without it."""

    level: Level


@dataclass(frozen=True, slots=True)
class OneOf:
    """The words a writer may use. Readers take any: a new word must not kill an old reader."""

    words: frozenset[str]


def one_of(*words: str) -> OneOf:
    return OneOf(frozenset(words))


_INTERNAL = Classified("internal")
_PUBLIC = Classified("public")

Code = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$", strict=True), _INTERNAL
]
"""A word of the playbook or of ours: `payout_hold`, `UK`, `payout_hold.first_response`."""

Identifier = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$", strict=True), _INTERNAL
]
"""The marketplace's own number of something: never a name, never an account."""

Reference = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@#,+*-]{0,119}$"), _INTERNAL
]
"""A code with its version or place: `marketplace-core@1.0.0`, `2026-11-16`, `184050:GBP`."""

MediaType = Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]{1,60}$"), _INTERNAL]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), _INTERNAL]
Pointer = Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9_.~-]{1,64}){1,12}$"), _INTERNAL]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$"), _INTERNAL]
Base64 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/_=-]*$"), _INTERNAL]
Sealed = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/_=-]*$"), Classified("restricted")]
Secret = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{16,64}$"), Classified("restricted")
]
ActorName = Annotated[str, StringConstraints(pattern=r"^[a-z_]+:[A-Za-z0-9._/-]{1,96}$"), _INTERNAL]

_BODY = r"_[0-7][0-9a-hjkmnp-tv-z]{25}$"
CaseId = Annotated[str, StringConstraints(pattern=r"^case" + _BODY), _PUBLIC]
SellerId = Annotated[str, StringConstraints(pattern=r"^sel" + _BODY), _PUBLIC]
MemberId = Annotated[str, StringConstraints(pattern=r"^mem" + _BODY), _PUBLIC]
EvidenceId = Annotated[str, StringConstraints(pattern=r"^evd" + _BODY), _PUBLIC]
AssignmentId = Annotated[str, StringConstraints(pattern=r"^asg" + _BODY), _PUBLIC]
HandoffId = Annotated[str, StringConstraints(pattern=r"^hnd" + _BODY), _PUBLIC]
DecisionId = Annotated[str, StringConstraints(pattern=r"^dec" + _BODY), _PUBLIC]
MessageId = Annotated[str, StringConstraints(pattern=r"^msg" + _BODY), _PUBLIC]
ClockId = Annotated[str, StringConstraints(pattern=r"^clk" + _BODY), _PUBLIC]
EscalationId = Annotated[str, StringConstraints(pattern=r"^esc" + _BODY), _PUBLIC]
KeyId = Annotated[str, StringConstraints(pattern=r"^key" + _BODY), _PUBLIC]
OpeningId = Annotated[str, StringConstraints(pattern=r"^opn" + _BODY), _PUBLIC]
ItemId = Annotated[str, StringConstraints(pattern=r"^itm" + _BODY), _PUBLIC]
AuthorityId = Annotated[str, StringConstraints(pattern=r"^aut" + _BODY), _PUBLIC]
PartyId = Annotated[str, StringConstraints(pattern=r"^act" + _BODY), _PUBLIC]
AppealId = Annotated[str, StringConstraints(pattern=r"^apl" + _BODY), _PUBLIC]
RequestId = Annotated[str, StringConstraints(pattern=r"^req" + _BODY), _PUBLIC]
InvalidationId = Annotated[str, StringConstraints(pattern=r"^inv" + _BODY), _PUBLIC]
