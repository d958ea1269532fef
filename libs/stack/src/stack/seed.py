"""Who there is on a fresh machine: the demonstration identities, as data (api.md §1)."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

from stack.services import SERVICES

HARBOUR = ("harbour", "harbour-demo")
BAZAAR = ("bazaar",)
EVERYWHERE = (*HARBOUR, *BAZAAR)

_AGENT = ("identity", "narrative", "message", "evidence_file")
_SENIOR = (*_AGENT, "bank", "contact")
_RISK = (*_SENIOR, "risk")
_DESK = ("narrative", "evidence_file")
_ALL = ("contact", "identity", "bank", "narrative", "message", "risk", "evidence_file")
_OWN_MESSAGES = ("message",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Someone who can ask for a token; every field but `login` and `capacity` is a claim."""

    login: str
    name: str
    roles: tuple[str, ...]
    marketplaces: tuple[str, ...] = HARBOUR
    member: str | None = None
    teams: tuple[str, ...] = ()
    authority: int = 0
    clearances: tuple[str, ...] = ()
    seller_ref: str | None = None
    service: str | None = None
    skills: tuple[str, ...] = ()
    capacity: int = 0


_SELLERS = (
    Identity(
        login="harbour-front-end",
        name="Harbour front-end",
        roles=("front_end",),
        clearances=_OWN_MESSAGES,
    ),
    Identity(
        login="bazaar-front-end",
        name="Bazaar front-end",
        roles=("front_end",),
        marketplaces=BAZAAR,
        clearances=_OWN_MESSAGES,
    ),
    Identity(
        login="seller-clay-and-co",
        name="Clay & Co",
        roles=("seller",),
        clearances=_OWN_MESSAGES,
        seller_ref="clay-and-co",
    ),
    Identity(
        login="seller-bazaar-one",
        name="Bazaar One",
        roles=("seller",),
        marketplaces=BAZAAR,
        clearances=_OWN_MESSAGES,
        seller_ref="bazaar-one",
    ),
)


def _verifier(
    name: str,
    role: str,
    member: str,
    *,
    authority: int,
    clearances: tuple[str, ...] = _AGENT,
    marketplaces: tuple[str, ...] = HARBOUR,
) -> Identity:
    return Identity(
        login=name.partition(" ")[0].lower(),
        name=name,
        roles=(role,),
        marketplaces=marketplaces,
        member=member,
        teams=("verification", "seller_care"),
        authority=authority,
        clearances=clearances,
        skills=("verification", "payouts", "triage"),
        capacity=20,
    )


_AGENTS = (
    _verifier("Mara Lindqvist", "agent", "mem_01m688692aeftvyw239vrcs46p", authority=2),
    _verifier(
        "Jonas Weber",
        "senior_agent",
        "mem_01m64r7me2frktzhy4bv7kqby4",
        authority=3,
        clearances=_SENIOR,
    ),
    _verifier("Sofia Marques", "supervisor", "mem_01m5zfn0p7ehkbq9d5rabefapt", authority=3),
    _verifier(
        "Boris Novak",
        "agent",
        "mem_01m68086pyf9at7vg3zp5eq611",
        authority=2,
        marketplaces=BAZAAR,
    ),
)


def _specialist(
    name: str,
    member: str,
    *,
    teams: tuple[str, ...],
    role: str = "senior_agent",
    skills: tuple[str, ...] = (),
    clearances: tuple[str, ...] = _SENIOR,
) -> Identity:
    """Describe someone who knows one kind of work well and may decide what it asks for."""
    return Identity(
        login=name.partition(" ")[0].lower(),
        name=name,
        roles=(role,),
        member=member,
        teams=teams,
        authority=3,
        clearances=clearances,
        skills=skills,
        capacity=20,
    )


# Somebody for every queue of the playbook, and somebody above them.
_SPECIALISTS = (
    _specialist(
        "Lena Fischer",
        "mem_01m6m9s346q3d25vt4f5v37e3s",
        teams=("listings_care",),
        skills=("listings", "catalogue_data"),
    ),
    _specialist(
        "Omar Haddad",
        "mem_01m63e28jt97kb6cq643dzvmxx",
        teams=("orders_care",),
        skills=("disputes",),
    ),
    _specialist(
        "Priya Nair",
        "mem_01m6qkfbf5kznwj47tan9zt24m",
        teams=("payments_care",),
        skills=("payments", "reserves"),
    ),
    _specialist(
        "Tomas Kral",
        "mem_01m6npzx45hy43kwjrp1xpa7z3",
        teams=("trust_care",),
        skills=("trust",),
        clearances=_RISK,
    ),
    _specialist(
        "Nora Lind",
        "mem_01m6dj8fssz5awsh8vhtpre95b",
        teams=("policy_care",),
        skills=("policy", "appeals"),
        clearances=_RISK,
    ),
    _specialist(
        "Aki Sato",
        "mem_01m69ee0zbgj09tqm83xssss6y",
        teams=("account_protection",),
        skills=("account_protection",),
        clearances=_RISK,
    ),
    _specialist(
        "Ian Doyle",
        "mem_01m6s3c4dwa7n36096q14dr9gp",
        teams=("integration_care",),
        skills=("integration", "incidents"),
    ),
    _specialist(
        "Vera Costa",
        "mem_01m6qy77zxyyk596ngya1dq91k",
        teams=("verification",),
        skills=("verification", "statutory"),
    ),
    _specialist(
        "Greta Holm",
        "mem_01m65gqapenecfseczp11hygcp",
        role="supervisor",
        teams=(
            "listings_care",
            "orders_care",
            "payments_care",
            "trust_care",
            "policy_care",
            "account_protection",
            "integration_care",
        ),
    ),
)


def _desk(team: str, member: str, *, extra: tuple[str, ...] = ()) -> Identity:
    return Identity(
        login=f"{team}-desk",
        name=f"{team.capitalize()} desk",
        roles=("partner",),
        member=member,
        teams=(team,),
        clearances=(*_DESK, *extra),
    )


_PARTNERS = (
    _desk("finance", "mem_01m6pztmgafwkbfj3af4n5m1q9"),
    _desk("trust", "mem_01m6n5apb2faas1fjs3b367v6z", extra=("risk",)),
    _desk("product", "mem_01m6qqe14tek78c3qq8yzcmrsc"),
    _desk("engineering", "mem_01m66zze0gezgsdcxw77zg5zds"),
    _desk("legal", "mem_01m6eer7jjeffvcpt55avfb6x9"),
    _desk("policy", "mem_01m6wpq5e6eycndy0yp57rcybv"),
)


def _officer(
    name: str,
    role: str,
    member: str,
    *,
    authority: int = 0,
    clearances: tuple[str, ...] = (),
) -> Identity:
    return Identity(
        login=name.partition(" ")[0].lower(),
        name=name,
        roles=(role,),
        member=member,
        authority=authority,
        clearances=clearances,
    )


_OFFICERS = (
    _officer("Ines Duarte", "compliance", "mem_01m61hx382enn9h0j02nzxc5kq", clearances=_ALL),
    _officer("Ivo Petrov", "compliance", "mem_01m63fq299fmm8rc1nnz32bpsr", clearances=_ALL),
    _officer("Petra Vogel", "policy_owner", "mem_01m6kq0v9xesjtezcnphbpr725"),
    _officer("Paul Moreau", "policy_owner", "mem_01m63savhvea88bevxs47g855t"),
    _officer("Carla Rossi", "council", "mem_01m69gav84e1va9pkxxfzgdsbv", authority=4),
    _officer("Chen Wei", "council", "mem_01m6f4zbeafgxs7vp5etryzjf4", authority=4),
    _officer("Cosima Hahn", "council", "mem_01m6qwmqdzfpbt6xt9nf0dk0k2", authority=4),
    _officer("Olga Sidorova", "operator", "mem_01m5y6f5bkfzz9a5xqx6c9xy7y"),
    _officer("Oskar Lund", "operator", "mem_01m67v361rfhwtfgwj7hhbmke5"),
)

# No service may open anything but these two (security.md §1).
_SERVICE_CLEARANCES = {"resolution": ("message", "contact"), "intake": ("evidence_file",)}

_SERVICES = tuple(
    Identity(
        login=f"service-{service.name}",
        name=f"{service.name} service",
        roles=("service",),
        marketplaces=EVERYWHERE,
        clearances=_SERVICE_CLEARANCES.get(service.name, ()),
        service=service.name,
    )
    for service in SERVICES
)

_EVERYONE = (*_SELLERS, *_AGENTS, *_SPECIALISTS, *_PARTNERS, *_OFFICERS, *_SERVICES)
IDENTITIES = {one.login: one for one in _EVERYONE}

_NO_CLAIMS = frozenset({"login", "skills", "capacity"})


def claims_of(identity: Identity) -> dict[str, object]:
    """List what a token says about someone besides `sub` and its times; nothing that is empty."""
    named = (field.name for field in fields(identity) if field.name not in _NO_CLAIMS)
    values = {name: getattr(identity, name) for name in named}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if value is not None
    }


def members_file(identities: Iterable[Identity] = IDENTITIES.values()) -> str:
    """Write the people the router enrols: `[{member, login, name, roles, …}]`, as JSON."""
    people = [asdict(one) for one in identities if one.member is not None]
    for person in people:
        del person["seller_ref"], person["service"]
    return json.dumps(people, indent=1, ensure_ascii=False)
