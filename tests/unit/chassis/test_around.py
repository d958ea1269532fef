from types import SimpleNamespace

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

from chassis.http.around import name


class TestName:
    def test_names_a_span_after_the_template(self) -> None:
        """Path and query hold ids; the template holds none."""
        span = TracerProvider().get_tracer("test").start_span("POST")
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/cases/case_canary",
            "query_string": b"q=canary",
            "route": SimpleNamespace(path="/v1/cases/{case_id}"),
        }

        name(span, scope, 201)

        assert isinstance(span, ReadableSpan)
        assert "canary" not in span.to_json()
        assert span.name == "POST /v1/cases/{case_id}"
        assert span.attributes is not None
        assert span.attributes["http.response.status_code"] == 201

    def test_has_one_name_for_all_that_is_unknown(self) -> None:
        span = TracerProvider().get_tracer("test").start_span("GET")

        name(span, {"type": "http", "method": "GET", "path": "/canary"}, 404)

        assert isinstance(span, ReadableSpan)
        assert "canary" not in span.to_json()
