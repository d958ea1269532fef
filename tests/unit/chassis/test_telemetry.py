import logging
from collections.abc import Mapping
from typing import Any

import pytest
from opentelemetry import propagate
from sqlalchemy.exc import IntegrityError

from chassis.telemetry import (
    CLASSIFIED,
    DROPPED,
    current_trace_id,
    describe,
    line_of,
    trace_id_in,
    tracer_provider,
    without_classified_values,
    without_texts_of_errors,
)

CANARY = "canary-7f3a"


class Violation(Exception):
    sqlstate = "23505"
    constraint_name = "cases_pkey"


def caught() -> Exception:
    try:
        int(CANARY)
    except ValueError as error:
        return error
    raise AssertionError("no number")


def cleaned(**event: object) -> dict[str, Any]:
    return dict(without_classified_values(None, "info", event))


class TestWithoutClassifiedValues:
    @pytest.mark.parametrize("name", sorted(CLASSIFIED))
    def test_drops_them_at_any_depth(self, name: str) -> None:
        shown = cleaned(**{name: CANARY}, outer={"inner": [{name: CANARY}]})

        assert CANARY not in str(shown)
        assert shown[name] == DROPPED

    def test_keeps_ids_and_figures(self) -> None:
        event = {"event": "case_routed", "case": "case_01", "ms": 1.5, "tries": 2, "ok": True}

        assert cleaned(**event) == event

    def test_writes_no_object_out(self) -> None:
        assert cleaned(thing=ValueError(CANARY), some=(ValueError(CANARY),)) == {
            "thing": "ValueError",
            "some": ["ValueError"],
        }


class TestWithoutTextsOfErrors:
    def test_leaves_type_and_place(self) -> None:
        error = caught()

        shown = without_texts_of_errors(None, "error", {"event": "x", "exc_info": error})

        assert CANARY not in str(shown)
        assert shown["error"] == "ValueError"
        assert "caught" in shown["at"][-1]

    def test_finds_the_error_that_is_being_handled(self) -> None:
        shown: list[Any] = []

        try:
            int(CANARY)
        except ValueError:
            shown.append(without_texts_of_errors(None, "error", {"exc_info": True}))

        assert [each["error"] for each in shown] == ["ValueError"]

    def test_does_nothing_without_an_error(self) -> None:
        assert without_texts_of_errors(None, "info", {"exc_info": None}) == {}


def record(template: object, *args: object) -> logging.LogRecord:
    return logging.LogRecord("uvicorn.error", logging.INFO, "x.py", 1, template, args, None)


class TestLineOf:
    def test_fills_in_figures(self) -> None:
        assert line_of(record("Finished server process [%d]", 4711)) == (
            "Finished server process [4711]"
        )

    def test_drops_texts_and_objects(self) -> None:
        filled = line_of(record("%s for %r on %d", CANARY, ValueError(CANARY), 8101))

        assert filled == "[dropped] for '[dropped]' on 8101"

    def test_fills_by_name(self) -> None:
        named: Mapping[str, object] = {"who": CANARY, "n": 3}

        assert line_of(record("%(who)s %(n)d times", named)) == "[dropped] 3 times"

    @pytest.mark.parametrize("template", ["[%d]", "%d %d", "100% of it"])
    def test_keeps_a_template_that_does_not_fit(self, template: str) -> None:
        assert line_of(record(template, CANARY)) == template

    def test_leaves_a_line_without_arguments_alone(self) -> None:
        assert line_of(record("100% done")) == "100% done"

    def test_names_the_type_of_what_is_no_text(self) -> None:
        assert line_of(record(ValueError(CANARY))) == "ValueError"


class TestTracerProvider:
    def test_names_each_trace_also_when_nobody_receives_them(self) -> None:
        tracer = tracer_provider("porch").get_tracer("test")

        with tracer.start_as_current_span("one") as span:
            carried: dict[str, str] = {}
            propagate.inject(carried)
            named = current_trace_id()

        assert not span.is_recording()
        assert named is not None
        assert trace_id_in(carried) == named

    def test_goes_on_with_the_trace_that_came(self) -> None:
        tracer = tracer_provider("porch").get_tracer("test")
        came = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-00"}

        with tracer.start_as_current_span("one", context=propagate.extract(came)):
            named = current_trace_id()

        assert named == trace_id_in(came) == "a" * 32

    @pytest.mark.parametrize("headers", [{}, {"traceparent": "nonsense"}])
    def test_knows_when_there_is_none(self, headers: dict[str, str]) -> None:
        assert trace_id_in(headers) is None


class TestDescribe:
    def test_of_a_database_error_is_code_and_constraint(self) -> None:
        error = IntegrityError(f"insert {CANARY}", {"value": CANARY}, Violation(CANARY))

        described = describe(error)

        assert CANARY not in str(described)
        assert (described["sqlstate"], described["constraint"]) == ("23505", "cases_pkey")
