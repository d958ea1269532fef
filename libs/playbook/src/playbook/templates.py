"""Letters: rendered from typed, clear parameters; the seller's own handle stays a marker."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import minijinja

from playbook.assets import ParameterType, Template
from playbook.case import Problem
from playbook.facts import INVALID
from playbook.letter_values import SHOW, UNSAID, Shown, Voice, choice
from playbook.model import Playbook

HANDLE_MARKER = "{{seller.handle}}"
FUEL = 20_000
_SELLER = {"handle": HANDLE_MARKER}


class TemplateNotFound(LookupError):
    """No such template in this language and region."""


class ParametersInvalid(ValueError):
    """Parameters are missing, unknown or of the wrong type: `problems` points to each."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{len(problems)} parameters do not fit")
        self.problems = problems


class MessageTooLong(ValueError):
    """The letter is longer than the playbook's budget."""


class TemplateBroken(ValueError):
    """The template itself does not render: a fault of the playbook, found when it is loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A letter with the marker in it: to be sealed as it is."""

    template: str
    language: str
    region: str
    subject: str
    body: str
    qualifying: bool
    kind: str


def render(
    playbook: Playbook,
    template_id: str,
    *,
    language: str,
    region: str,
    parameters: Mapping[str, object],
) -> Rendered:
    """
    Write a letter in the seller's language, else in the region's first.

    A region with a note of its own (the demonstration patch) has it below every letter.
    Raises TemplateNotFound, ParametersInvalid, MessageTooLong. Parameters are JSON values:
    the types are those of the template's front matter.
    """
    spoken = playbook.language_for(language, region)
    template = find_template(playbook, template_id, language=spoken, region=region)
    values = _show(Voice(playbook, spoken, region), template, parameters)
    subject = _write(template, template.subject, values)
    body = _write(template, template.body, values) + _note(playbook, region, spoken)
    budget = playbook.guardrails
    if len(subject) > budget.subject_budget or len(body) > budget.body_budget:
        raise MessageTooLong(template.pin)
    return Rendered(
        template=template.pin,
        language=spoken,
        region=region,
        subject=subject,
        body=body,
        qualifying=template.qualifying,
        kind=template.kind,
    )


def fill_handle(body: str, handle: str) -> str:
    """Put the seller's handle in, for the one who reads it now."""
    return body.replace(HANDLE_MARKER, handle)


def parameters(playbook: Playbook, template_id: str) -> dict[str, ParameterType]:
    """Tell what a template needs; raises TemplateNotFound."""
    for template in playbook.templates:
        if template.id == template_id:
            return template.parameters
    raise TemplateNotFound(template_id)


def find_template(playbook: Playbook, template_id: str, *, language: str, region: str) -> Template:
    """Find the newest version of a template for a language and region."""
    fitting = [
        template
        for template in playbook.templates
        if template.id == template_id
        and template.language == language
        and (not template.regions or region in template.regions)
    ]
    if not fitting:
        raise TemplateNotFound(template_id)
    return max(fitting, key=lambda template: template.version)


def _show(voice: Voice, template: Template, given: Mapping[str, object]) -> dict[str, Shown]:
    problems = list(_strangers(template, given))
    values: dict[str, Shown] = {}
    for name, kind in template.parameters.items():
        shown = SHOW[kind](voice, given[name]) if name in given else UNSAID.get(kind)
        if shown is None:
            problems.append(_problem(name, f"needed, of type {kind}{choice(voice, kind)}"))
        else:
            values[name] = shown
    if problems:
        raise ParametersInvalid(tuple(problems))
    return values


def _strangers(template: Template, given: Mapping[str, object]) -> Iterator[Problem]:
    for name in given:
        if name not in template.parameters:
            yield _problem(name, f"{template.id} takes no such parameter")


def _problem(name: str, detail: str) -> Problem:
    pointer = "/parameters/" + name.replace("~", "~0").replace("/", "~1")
    return Problem(pointer=pointer, code=INVALID, detail=detail)


def _write(template: Template, text: str, values: Mapping[str, Shown]) -> str:
    environment = minijinja.Environment(
        undefined_behavior="strict", auto_escape_callback=lambda _: False, fuel=FUEL
    )
    try:
        return environment.render_str(text, **{**values, "seller": _SELLER}).strip()
    except minijinja.TemplateError as error:
        raise TemplateBroken(f"{template.pin}: {error.kind}") from None


def _note(playbook: Playbook, region: str, language: str) -> str:
    note = playbook.region(region).note
    return f"\n\n{note.say(language)}" if note else ""
