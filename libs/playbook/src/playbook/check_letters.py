"""Checks of letters: in every language, asking for nothing unknown, and they can be written."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from playbook.assets import ParameterType, Template
from playbook.differing import LONGEST, MOST
from playbook.documents import Finding
from playbook.knowledge import find_article
from playbook.markup import Fault, faults
from playbook.model import Playbook
from playbook.sources import Sources, need, need_each
from playbook.templates import MessageTooLong, TemplateBroken, render

APPEAL_PARAMETER = "appeal_by"
REASONS: Final = ("reasons", "codes")
ANSWERS: Final = ("answers", "answers")
REFUSED: Final = ("refused", "codes?")

_TEXTS_KEPT: Final = 2048


def check_templates(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    teams = [team.id for team in playbook.teams.teams]
    types = [known.code for known in playbook.taxonomy.issue_types]
    kinds = [kind.kind for kind in playbook.taxonomy.evidence_kinds]
    regions = [region.region for region in playbook.regions]
    written = _languages_of_letters(playbook)
    for index, template in enumerate(playbook.templates):
        file = sources.file("templates", index)
        yield from need(file, ("owner",), template.owner, teams, "team")
        yield from need_each(file, ("issue_types",), template.issue_types, types, "issue type")
        yield from need_each(file, ("regions",), template.regions, regions, "region")
        required = template.evidence_required
        yield from need_each(file, ("evidence_required",), required, kinds, "evidence kind")
        yield from _check_languages(playbook, file, template, written[template.id])
        yield from _check_appeal(file, template)
        yield from _check_reasons(playbook, file, template)
        yield from _check_article(playbook, file, template)


def check_writing(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """Write every letter once; only for a playbook whose names all fit."""
    samples = {language: _samples(playbook, language) for language in playbook.card.locales}
    for index, template in enumerate(playbook.templates):
        file = sources.file("templates", index)
        yield from _check_writing(playbook, file, template, samples[template.language])


def _languages_of_letters(playbook: Playbook) -> dict[str, list[str]]:
    written: dict[str, list[str]] = {}
    for template in playbook.templates:
        written.setdefault(template.id, []).append(template.language)
    return written


def _check_languages(
    playbook: Playbook, file: str, template: Template, written: Sequence[str]
) -> Iterator[Finding]:
    yield from need(file, ("language",), template.language, playbook.card.locales, "language")
    if written.count(template.language) > 1:
        yield Finding(file, ("id",), "each letter once in a language", template.id)
    for language in playbook.card.locales:
        if language not in written:
            yield Finding(file, ("id",), f"the same letter in `{language}`", "none")


def _check_appeal(file: str, template: Template) -> Iterator[Finding]:
    """Guardrail: a letter with a decision always says until when to appeal."""
    if template.kind == "decision" and APPEAL_PARAMETER not in template.parameters:
        yield Finding(file, ("parameters",), f"`{APPEAL_PARAMETER}` in a decision", "none")


def _check_reasons(playbook: Playbook, file: str, template: Template) -> Iterator[Finding]:
    """Whoever is told no, of a decision or of a document, is told why, in words that exist."""
    chosen = (
        playbook.taxonomy.defaults.templates,
        *(known.templates for known in playbook.taxonomy.issue_types if known.templates),
    )
    own = {one.letter for known in playbook.taxonomy.issue_types for one in known.decisions}
    if template.id in {one.adverse for one in chosen} | own:
        yield from _need_parameter(file, template, REASONS)
    if template.id in {one.each for one in chosen}:
        yield from _need_parameter(file, template, ANSWERS)
    if template.kind == "evidence_request":
        yield from _need_parameter(file, template, REFUSED)
        reasons, texts = playbook.codes.evidence_rejected, playbook.card.texts
        path = ("parameters", REFUSED[0])
        yield from need_each(file, path, reasons, texts, "code with a text (evidence_rejected)")


def _need_parameter(file: str, template: Template, wanted: tuple[str, str]) -> Iterator[Finding]:
    name, kind = wanted
    found = template.parameters.get(name)
    if found != kind:
        expected = f"`{name}` of type `{kind}`, so that the seller is told why"
        yield Finding(file, ("parameters",), expected, found or "none")
    elif f"in {name} " not in template.body:
        yield Finding(file, ("body",), f"a place that goes over `{name}`", "none")


def _check_article(playbook: Playbook, file: str, template: Template) -> Iterator[Finding]:
    for name, kind in template.parameters.items():
        if kind == "article" and not playbook.knowledge:
            path = ("parameters", name)
            yield Finding(file, path, "an article below knowledge/ that it can bring", "none")


def _check_writing(
    playbook: Playbook, file: str, template: Template, samples: Mapping[ParameterType, object]
) -> Iterator[Finding]:
    """Write it once with a value of each type, in its own language, wherever it is for."""
    wrong = [
        Finding(file, (key, fault.line) if key == "body" else (key,), fault.expected, fault.found)
        for key, text in (("subject", template.subject), ("body", template.body))
        for fault in _faults(text, tuple(template.parameters.items()))
    ]
    yield from wrong
    if wrong:
        return
    for region in template.regions or (playbook.card.default_region,):
        try:
            render(
                playbook,
                template.id,
                language=template.language,
                region=region,
                parameters={name: samples[kind] for name, kind in template.parameters.items()},
            )
        except TemplateBroken as broken:
            yield Finding(file, ("body",), "a letter that can be written", str(broken))
        except MessageTooLong:
            yield Finding(file, ("body",), "a letter within the budget", "a longer one")


# A letter that has not changed since it was last looked at has no other faults now.
@lru_cache(maxsize=_TEXTS_KEPT)
def _faults(text: str, parameters: tuple[tuple[str, ParameterType], ...]) -> tuple[Fault, ...]:
    return tuple(faults(text, dict(parameters)))


def _samples(playbook: Playbook, language: str) -> Mapping[ParameterType, object]:
    kinds = [kind.kind for kind in playbook.taxonomy.evidence_kinds][:3]
    texts = sorted(playbook.card.texts)[:3]
    return {
        "identifier": "PO-88121",
        "identifier?": "PO-88121",
        "integer": 7,
        "integer?": 7,
        "date": "2026-11-24",
        "instant": "2026-11-24T12:00:00Z",
        "money": {"amount_minor": 184050, "currency": playbook.taxonomy.currencies[0]},
        "evidence_kinds": kinds,
        "code": texts[0],
        "code?": texts[0],
        "codes": texts,
        "codes?": texts,
        "article": _longest_article(playbook, language),
        "questions": _questions(playbook),
        "differences": _differences(playbook),
        "differences?": _differences(playbook),
        "answers": [{"question": one, "outcome": one, "reasons": texts} for one in texts],
    }


def _differences(playbook: Playbook) -> list[dict[str, str]]:
    """Compare as much as a letter can: as many fields as it takes, each value at its longest."""
    values = {"expected": "x" * LONGEST, "seen": "y" * LONGEST}
    return [{"field": field} | values for field in playbook.codes.differing[:MOST]]


def _questions(playbook: Playbook) -> list[str]:
    """Name what may come later: a letter asks for nothing else in this way."""
    types = playbook.taxonomy.issue_types
    return [f"{one.code}.{fact.name}" for one in types for fact in one.facts if fact.defer][:3]


def _longest_article(playbook: Playbook, language: str) -> str:
    """Choose the article that fills most of a letter, as a reader of this language gets it."""
    names = dict.fromkeys(one.article for one in playbook.knowledge)
    found = (find_article(playbook, name, language) for name in names)
    longest = max(
        (one.article for one in found if one), key=lambda one: len(one.body), default=None
    )
    return longest.article if longest else ""
