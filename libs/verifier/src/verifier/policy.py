"""The trust anchor: whose signatures count, from a policy file or a key line."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from verifier.canonical import NotJson, read_object
from verifier.encoding import NotBase64, from_base64
from verifier.note import KEY_BYTES, LogKey, MalformedKey, log_key, read_key

_POLICY_MEMBERS = {"log_keys", "event_keys"}


class BadPolicy(Exception):
    """The file of keys cannot be used; the text says what to put right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventKey:
    service: str
    key_id: str
    public: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`source` says where the keys come from, as it is told to the reader."""

    source: str
    log_keys: tuple[LogKey, ...]
    event_keys: tuple[EventKey, ...]


NO_POLICY = Policy(source="nowhere: none was given", log_keys=(), event_keys=())
NOBODY_TOLD_US = (
    "nobody told us whose key to trust. Get the log's public key by another way than this file"
    " (GET /v1/log/keys of the audit service answers a policy file; or a contract, a letter, a"
    " colleague), then give it with --policy FILE or --key NAME+ID+BASE64"
)
"""Why nothing is proven without a policy, and what to do about it."""


def policy_of_keys(lines: Iterable[str]) -> Policy:
    """Trust the keys given on the command line."""
    try:
        keys = tuple(read_key(line) for line in lines)
    except MalformedKey as error:
        raise BadPolicy(str(error)) from error
    return Policy(source="--key", log_keys=keys, event_keys=())


def read_policy(raw: bytes, *, source: str) -> Policy:
    """
    Read `{"log_keys": ["name+id+base64"], "event_keys": [{service, keyid, public_key}]}`.

    A member that this version does not know is refused: a rule that is not applied must not
    look as if it were.
    """
    members = _object(raw)
    unknown = sorted(set(members) - _POLICY_MEMBERS)
    if unknown:
        raise BadPolicy(f"unknown members: {', '.join(unknown)}")
    try:
        log_keys = tuple(read_key(_text(line)) for line in _list(members, "log_keys"))
    except MalformedKey as error:
        raise BadPolicy(str(error)) from error
    if not log_keys:
        raise BadPolicy("log_keys names no key of the log")
    return Policy(source=source, log_keys=log_keys, event_keys=tuple(_event_keys(members)))


def read_bundled_keys(raw: bytes) -> Policy:
    """Read the `keys.json` of a bundle: `{"log": [{name, id, public_key}], "events": […]}`."""
    members = _object(raw)
    log_keys = tuple(_bundled_log_keys(members))
    events = tuple(_event_keys({"event_keys": members.get("events", [])}))
    return Policy(source="the bundle itself", log_keys=log_keys, event_keys=events)


def _bundled_log_keys(members: Mapping[str, object]) -> Iterator[LogKey]:
    for item in _list(members, "log"):
        public = _public(item, KEY_BYTES)
        try:
            yield log_key(_member(item, "name"), key_id=_member(item, "id"), public=public)
        except MalformedKey as error:
            raise BadPolicy(str(error)) from error


def _event_keys(members: Mapping[str, object]) -> Iterator[EventKey]:
    for item in _list(members, "event_keys"):
        yield EventKey(
            service=_member(item, "service"),
            key_id=_member(item, "keyid"),
            public=_public(item, KEY_BYTES),
        )


def _object(raw: bytes) -> dict[str, object]:
    try:
        return read_object(raw)
    except NotJson as error:
        raise BadPolicy(str(error)) from error


def _list(members: Mapping[str, object], name: str) -> list[object]:
    value = members.get(name, [])
    if not isinstance(value, list):
        raise BadPolicy(f"{name} is not a list")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadPolicy("a key is not a string")
    return value


def _member(item: object, name: str) -> str:
    if not isinstance(item, dict) or not isinstance(item.get(name), str):
        raise BadPolicy(f"a key lacks {name}")
    return str(item[name])


def _public(item: object, size: int) -> bytes:
    try:
        public = from_base64(_member(item, "public_key"))
    except NotBase64 as error:
        raise BadPolicy(f"a public_key is {error}") from error
    if len(public) != size:
        raise BadPolicy(f"a public_key has {len(public)} bytes, an Ed25519 key has {size}")
    return public
