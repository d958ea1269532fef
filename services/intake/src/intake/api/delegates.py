"""Delegates by pseudonym: who acts for a seller, without saying who it is."""

from uuid import UUID

from chassis import ids
from chassis.vault import tag
from intake.api.bodies import DelegateBody


def name_delegate(tag_key: bytes, marketplace: str, delegate: DelegateBody) -> str:
    """Return the pseudonym of a delegate: the same one in a marketplace, the same name."""
    mark = tag(tag_key, "delegate", marketplace, delegate.kind, delegate.ref)
    return ids.from_uuid("act", UUID(bytes=mark[:16]))
