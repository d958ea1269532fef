"""Every string that a contract may hold is classified, described, and no free text."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, get_args, get_origin

import pytest
from pydantic import BaseModel, Field, StringConstraints
from pydantic.fields import FieldInfo

from contracts import catalogue
from contracts.event import Contract
from contracts.words import Classified

# Checked against the partner contract's own JSON Schema instead.
SCHEMA_OF_ITS_OWN = {"handoff.requested.v1.payload", "handoff.completed.v1.result"}


def unclassified(model: type[BaseModel], where: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if f"{where}.{name}" not in SCHEMA_OF_ITS_OWN:
            yield from _in_field(field, f"{where}.{name}")


def _in_field(field: FieldInfo, where: str) -> Iterator[str]:
    yield from _in_type(field.annotation, field.metadata, where)


def _in_type(annotation: object, metadata: list[Any], where: str) -> Iterator[str]:
    arguments = get_args(annotation)
    if annotation is str or annotation is Any:
        if not _is_classified(metadata):
            yield where
    elif get_origin(annotation) is Annotated:
        yield from _in_type(arguments[0], [*metadata, *arguments[1:]], where)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from unclassified(annotation, where)
    else:
        for argument in arguments:
            yield from _in_type(argument, [], where)


def _is_classified(metadata: list[Any]) -> bool:
    has_class = any(isinstance(m, Classified) for m in metadata)
    has_shape = any(getattr(m, "pattern", None) for m in metadata)
    return has_class and has_shape


class Careless(Contract):
    type: ClassVar[str] = "careless.v1"

    words: str = Field(description="Anything.")
    nested: dict[str, Annotated[str, StringConstraints(pattern="^x$")]] = Field(description="y")


class TestContracts:
    @pytest.mark.covers("SE-4")
    @pytest.mark.parametrize("contract", catalogue.CONTRACTS.values(), ids=lambda c: c.type)
    def test_classify_every_string(self, contract: type[Contract]) -> None:
        assert list(unclassified(contract, contract.type)) == []

    def test_would_be_refused_if_they_did_not(self) -> None:
        found = list(unclassified(Careless, "careless.v1"))

        assert found == ["careless.v1.words", "careless.v1.nested", "careless.v1.nested"]

    @pytest.mark.parametrize("contract", catalogue.CONTRACTS.values(), ids=lambda c: c.type)
    def test_describe_every_field(self, contract: type[Contract]) -> None:
        bare = [name for name, field in contract.model_fields.items() if not field.description]

        assert bare == []

    @pytest.mark.parametrize("contract", catalogue.CONTRACTS.values(), ids=lambda c: c.type)
    def test_say_what_they_mean(self, contract: type[Contract]) -> None:
        assert contract.__doc__
        assert contract.__doc__ != Contract.__doc__
