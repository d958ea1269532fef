"""One event as a page of the log shows it."""

from typing import Any

import orjson
from pydantic import Field

from audit.domain.explanation import masked
from audit.store.leaves import Logged
from chassis import http


class TrailEvent(http.ResponseModel):
    """One event as the log holds it. Restricted values are sealed, or masked."""

    idx: int = Field(description="Its place in the log.", examples=[4711])
    event_id: str = Field(description="Names the event, for an inclusion proof.")
    type: str = Field(description="What kind of event.", examples=["case.routed.v1"])
    producer: str = Field(description="The service that said it.", examples=["router"])
    subject: str = Field(description="What it is about: a case, a member, a hold.")
    topic: str | None = Field(description="Where it was said; null: by audit itself.")
    sequence: int = Field(description="Its number among the producer's events of this case.")
    occurred_at: str = Field(description="When it happened, by its producer.")
    recorded_at: str = Field(description="When Kafka recorded it.")
    actor: str | None = Field(description="Who did it, by pseudonym.", examples=["agent:mem_…"])
    causation: str | None = Field(description="The event that led to it.")
    correlation: str | None = Field(description="The first event of the case.")
    playbook: str | None = Field(description="The playbook that was applied.")
    dataschema: str | None = Field(description="Contract and revision.")
    payload_sha256: str = Field(description="SHA-256 of the body, as the leaf holds it.")
    fact: Any = Field(description="The body; null once retention has cleared it.")


def entry(one: Logged, cleared: frozenset[str]) -> TrailEvent:
    leaf, headers = orjson.loads(one.leaf), one.headers or {}
    src = leaf["src"]
    return TrailEvent(
        idx=one.idx,
        event_id=leaf["event_id"],
        type=leaf["type"],
        producer=leaf["producer"],
        subject=leaf["subject"],
        topic=src and src["t"],
        sequence=leaf["sequence"],
        occurred_at=leaf["occurred_at"],
        recorded_at=leaf["recorded_at"],
        actor=leaf.get("actor"),
        causation=leaf.get("causation"),
        correlation=leaf.get("correlation"),
        playbook=headers.get("ce_playbook"),
        dataschema=leaf.get("schema"),
        payload_sha256=leaf["payload"],
        fact=_fact(one.payload, cleared),
    )


def _fact(payload: bytes | None, cleared: frozenset[str]) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return None if payload is None else masked(orjson.loads(payload), cleared=cleared)
    except orjson.JSONDecodeError:
        return None  # a later release may say what is no JSON; its leaf and digest stand
