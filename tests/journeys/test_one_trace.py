"""One POST, one trace: through every service that it moves, by HTTP and by Kafka."""

import json
from collections import defaultdict
from secrets import token_hex
from uuid import uuid4

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from stack.stacks import ALL_SERVICES, Stack
from stack.story import files
from stack.waiting import until
from trace_receiver import TraceReceiver

PATIENCE = 60
THROUGH_KAFKA = {"router", "resolution", "sla-monitor", "vault"}


@pytest.fixture
def trace_id() -> str:
    return token_hex(16)


def headers(stack: Stack, who: str, trace_id: str) -> dict[str, str]:
    return {
        "authorization": f"Bearer {stack.token(who)}",
        "idempotency-key": uuid4().hex,
        "traceparent": f"00-{trace_id}-{token_hex(8)}-01",
    }


def spans_of(received: TraceReceiver, trace_id: str) -> dict[str, set[str]]:
    """Return the names of a trace's spans by service."""
    spans: dict[str, set[str]] = defaultdict(set)
    for body in received.received:
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            (service,) = (
                one.value.string_value
                for one in group.resource.attributes
                if one.key == "service.name"
            )
            for scope in group.scope_spans:
                spans[service] |= {
                    span.name for span in scope.spans if span.trace_id.hex() == trace_id
                }
    return {service: names for service, names in spans.items() if names}


def lines_of(stack: Stack, trace_id: str) -> dict[str, set[str]]:
    """Return which log events carry a trace's id, by service."""
    return {
        service: {json.loads(line)["event"] for line in _lines(stack, service) if trace_id in line}
        for service in ALL_SERVICES
    }


def _lines(stack: Stack, service: str) -> list[str]:
    return stack.log(service).read_text(errors="replace").splitlines()


class TestOneTrace:
    async def test_leads_from_a_post_through_five_services(
        self, stack: Stack, traces: TraceReceiver, trace_id: str
    ) -> None:
        async with httpx.AsyncClient() as client:
            filed = await client.post(
                f"{stack.url('intake')}/v1/cases",
                json=files.new_filing(),
                headers=headers(stack, "harbour-front-end", trace_id),
            )

        assert filed.status_code == 201

        async def have_come() -> bool:
            return spans_of(traces, trace_id).keys() >= THROUGH_KAFKA | {"intake"}

        await until(have_come, within=PATIENCE)
        spans = spans_of(traces, trace_id)
        assert "POST /v1/cases" in spans["intake"]
        assert "handle case.opened.v1" in spans["router"]
        assert {"request"} <= lines_of(stack, trace_id)["intake"]
        carried = lines_of(stack, trace_id)
        assert all("event_handled" in carried[service] for service in THROUGH_KAFKA)

    async def test_is_named_by_the_problem_that_a_caller_gets(
        self, stack: Stack, trace_id: str
    ) -> None:
        async with httpx.AsyncClient() as client:
            refused = await client.post(
                f"{stack.url('intake')}/v1/cases",
                json={},
                headers=headers(stack, "harbour-front-end", trace_id),
            )

        async def is_logged() -> bool:
            return "request" in lines_of(stack, trace_id)["intake"]

        assert refused.status_code == 422
        assert refused.json()["trace_id"] == trace_id
        await until(is_logged, within=PATIENCE)  # the line is written once the answer is sent
