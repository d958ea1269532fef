"""Checks of sealed parameters: whole in the body of a letter that a person writes, only there."""

from collections.abc import Iterator, Mapping
from typing import Final

from playbook.assets import SEALED_PARAMETERS, ParameterType, Template
from playbook.differing import PARTS
from playbook.documents import Finding, Path
from playbook.markup import mentions
from playbook.model import Playbook
from playbook.sources import Sources, need_each, need_once

_WRITTEN_BY_A_PERSON: Final[Mapping[ParameterType, frozenset[str]]] = {
    "differences": frozenset({"update"}),
    "differences?": frozenset({"update", "evidence_request"}),
}


def check_sealed(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """What is compared has words; what is sealed stands where nobody reads it but the seller."""
    card, compared = sources.file("card"), playbook.codes.differing
    path: Path = ("codes", "differing")
    yield from need_each(card, path, compared, playbook.card.texts, "code with a text")
    yield from need_once(card, path, compared, "field")
    reasons, known = playbook.codes.difference_reasons, playbook.codes.evidence_rejected
    path = ("codes", "difference_reasons")
    yield from need_each(card, path, reasons, known, "reason of evidence_rejected")
    for index, template in enumerate(playbook.templates):
        file = sources.file("templates", index)
        for name, kind in template.parameters.items():
            if kind in SEALED_PARAMETERS:
                yield from _check_parameter(file, template, name)
                if not compared:
                    expected = "fields to compare in playbook.yaml (codes.differing)"
                    yield Finding(file, ("parameters", name), expected, "none")


def _check_parameter(file: str, template: Template, name: str) -> Iterator[Finding]:
    kinds = _WRITTEN_BY_A_PERSON[template.parameters[name]]
    if template.kind not in kinds:
        expected = f"sealed values only in a letter that a person writes ({_list(kinds)})"
        yield Finding(file, ("parameters", name), expected, template.kind)
    if mentions(template.subject, name):
        expected = "nothing sealed in a subject, which a mailbox shows unopened"
        yield Finding(file, ("subject",), expected, name)
    lacks = [part for part in PARTS if not mentions(template.body, part)]
    if not mentions(template.body, name) or lacks:
        expected = f"of each of `{name}` {_list(PARTS)}, so that the seller knows what to mend"
        yield Finding(file, ("body",), expected, f"no {_list(lacks or [name])}")


def _list(names: frozenset[str] | tuple[str, ...] | list[str]) -> str:
    return ", ".join(names if isinstance(names, list | tuple) else sorted(names))
