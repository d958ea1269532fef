"""Who asks: the claims of a verified token, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

Kind: TypeAlias = Literal["person", "partner", "seller", "front_end", "service"]
_Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
_Member = Annotated[str, StringConstraints(pattern=r"^mem_[0-7][0-9a-hjkmnp-tv-z]{25}$")]


class UnusableIdentity(Exception):
    """The token is genuine, but its claims do not say enough about who it is: 403."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """
    A person, a front-end, a seller or a service, as the issuer describes them.

    `sellers` are the pseudonyms of a seller on its marketplaces; only the service that keeps them
    can fill it in.
    """

    subject: str
    kind: Kind
    roles: tuple[str, ...]
    marketplaces: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    authority: int = 0
    clearances: frozenset[str] = frozenset()
    member: str | None = None
    seller_ref: str | None = field(default=None, repr=False)
    service: str | None = None
    sellers: frozenset[str] = frozenset()

    @property
    def pseudonym(self) -> str:
        """Name whoever acts, as events and tables may: never a login (architecture §4)."""
        match self.kind:
            case "person":
                return f"{self.roles[0]}:{self.member}"
            case "partner":
                return f"partner:{min(self.teams, default='none')}/{self.member}"
            case "seller":
                return f"seller:{min(self.sellers, default='unknown')}"
            case "front_end":
                return f"front_end:{self.subject}"
            case "service":
                return f"service:{self.service}"


class _Claims(BaseModel):
    """What we read of a token. Other claims are the issuer's business."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    sub: _Word
    roles: list[_Word] = []
    marketplaces: list[_Word] = []
    teams: list[_Word] = []
    authority: int = 0
    clearances: list[_Word] = []
    member: _Member | None = None
    seller_ref: str | None = None
    service: _Word | None = None


def principal_of(claims: Mapping[str, Any]) -> Principal:
    """
    Read the claims of a verified token (api.md §1).

    Raises:
        UnusableIdentity: A claim is of the wrong kind, there is no role, or the one that says who
            it is (a person's `member`, a seller's `seller_ref`, a service's name) is missing.
    """
    try:
        read = _Claims.model_validate(dict(claims))
    except ValidationError as error:
        raise UnusableIdentity from error
    kind = _kind_of(read)
    principal = Principal(
        subject=read.sub,
        kind=kind,
        roles=tuple(read.roles),
        marketplaces=frozenset(read.marketplaces),
        teams=frozenset(read.teams),
        authority=read.authority,
        clearances=frozenset(read.clearances),
        member=read.member,
        seller_ref=read.seller_ref,
        service=read.service,
    )
    if not _says_who(principal):
        raise UnusableIdentity
    return principal


def _kind_of(claims: _Claims) -> Kind:
    """A token that mixes kinds has no kind: a person is never also a front-end."""
    kinds: set[Kind] = {_KIND_OF_ROLE.get(role, "person") for role in claims.roles}
    if len(kinds) != 1:
        raise UnusableIdentity
    return kinds.pop()


_KIND_OF_ROLE: Mapping[str, Kind] = {
    "front_end": "front_end",
    "seller": "seller",
    "service": "service",
    "partner": "partner",
}


def _says_who(principal: Principal) -> bool:
    match principal.kind:
        case "person":
            return principal.member is not None
        case "partner":
            return principal.member is not None and bool(principal.teams)
        case "seller":
            return bool(principal.seller_ref)
        case "service":
            return principal.service is not None
        case "front_end":
            return True
