"""What a service says of itself is whole: summaries, descriptions, examples, a page a problem."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from street import SERVICES, example_of, put_together, resolve

SLUG = re.compile(r"`([a-z-]+)`:")
Operation = tuple[str, Mapping[str, Any]]


@pytest.fixture(params=SERVICES)
def app(request: pytest.FixtureRequest, tmp_path: Path) -> FastAPI:
    _, app = put_together(request.param, tmp_path, database_url="postgresql://unused")
    return app


def operations(app: FastAPI) -> Iterator[Operation]:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def undescribed(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    for name, field in schema.get("properties", {}).items():
        meant = resolve(field["$ref"], document) if "$ref" in field else field
        if not (field.get("description") or meant.get("description")):
            yield name


class TestDocuments:
    async def test_have_a_summary_and_a_page_for_each_problem(self, app: FastAPI) -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://docs.test") as client:
            for what, operation in operations(app):
                refusals = [
                    answer["description"]
                    for status, answer in operation["responses"].items()
                    if int(status) >= 400
                ]
                assert operation.get("summary"), what
                assert refusals, what
                for slug in {slug for said in refusals for slug in SLUG.findall(said)}:
                    page = await client.get(f"/problems/{slug}")

                    assert page.status_code == 200, (what, slug)
                    assert "<h3>What to do</h3><p></p>" not in page.text, slug

    def test_describe_every_field(self, app: FastAPI) -> None:
        document = app.openapi()
        schemas = document["components"]["schemas"]

        missing = {name: list(undescribed(one, document)) for name, one in schemas.items()}

        assert {name: fields for name, fields in missing.items() if fields} == {}

    def test_describe_every_parameter(self, app: FastAPI) -> None:
        missing = [
            (what, one["name"])
            for what, operation in operations(app)
            for one in operation.get("parameters", ())
            if not one.get("description")
        ]

        assert missing == []

    def test_show_an_example_of_every_body(self, app: FastAPI) -> None:
        document = app.openapi()

        for what, operation in operations(app):
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                assert example_of(content["application/json"]["schema"], document), what
