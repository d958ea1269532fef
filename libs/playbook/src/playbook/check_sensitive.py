"""Checks of what is asked of sellers: nothing sensitive but as evidence, which has a standard."""

from collections.abc import Collection, Iterator, Sequence

from playbook.assets import SensitiveField
from playbook.documents import Finding, Path
from playbook.model import Playbook
from playbook.signals import which_lists
from playbook.sources import Sources, need


def check_sensitive(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """Hold what guardrails.yaml calls sensitive against every letter and every question."""
    kinds = [kind.kind for kind in playbook.taxonomy.evidence_kinds]
    for at, field in enumerate(playbook.guardrails.sensitive):
        if field.kind is not None:
            path: Path = ("sensitive", at, "kind")
            yield from need(sources.file("guardrails"), path, field.kind, kinds, "evidence kind")
    yield from _letters(playbook, sources)
    yield from _questions(playbook, sources.file("taxonomy"))
    yield from _needless(playbook, sources)


def _letters(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    for index, template in enumerate(playbook.templates):
        file, asked = sources.file("templates", index), template.evidence_required
        for key, text in (("subject", template.subject), ("body", template.body)):
            for field in _asked_for(playbook, template.language, text):
                yield from _unless_evidence(
                    file, (key, _line_of(text, field, template.language)), field, asked, "a letter"
                )


def _line_of(text: str, field: SensitiveField, language: str) -> int:
    """Find the line that asks; the first if it takes two lines to ask."""
    phrases = field.phrases[language]
    lines = text.splitlines()
    return next((at for at, line in enumerate(lines) if which_lists(line, (phrases,))), 0)


def _questions(playbook: Playbook, file: str) -> Iterator[Finding]:
    for index, known in enumerate(playbook.taxonomy.issue_types):
        for at, fact in enumerate(known.facts):
            path: Path = ("issue_types", index, "facts", at, "question")
            for language, text in fact.question.root.items():
                for field in _asked_for(playbook, language, text):
                    yield from _unless_evidence(file, path, field, known.evidence, "a question")


def _asked_for(playbook: Playbook, language: str, text: str) -> Iterator[SensitiveField]:
    sensitive = playbook.guardrails.sensitive
    phrases = tuple(field.phrases.get(language, ()) for field in sensitive)
    return (sensitive[at] for at in which_lists(text, phrases))


def _unless_evidence(
    file: str, path: Path, field: SensitiveField, asked: Collection[str], what: str
) -> Iterator[Finding]:
    if field.kind is None:
        yield Finding(file, path, f"{what} that does not ask for {field.field}", "it is asked for")
    elif field.kind not in asked:
        expected = f"{what} that asks for {field.field} as the evidence kind {field.kind}"
        yield Finding(file, path, expected, f"evidence: {_list(asked)}")


def _needless(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """A letter of a type asks for nothing that no case of the type is asked for."""
    for index, template in enumerate(playbook.templates):
        types = [playbook.issue_type(code) for code in template.issue_types]
        needed = {kind for known in types if known for kind in known.evidence}
        for at, kind in enumerate(template.evidence_required):
            if types and kind not in needed:
                path: Path = ("evidence_required", at)
                expected = f"evidence of {', '.join(template.issue_types)} ({_list(needed)})"
                yield Finding(sources.file("templates", index), path, expected, kind)


def _list(kinds: Collection[str]) -> str:
    return ", ".join(kinds if isinstance(kinds, Sequence) else sorted(kinds)) or "none"
