"""Letters: rendered from typed, clear parameters; the seller's own handle stays a marker."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import TypeAlias

import minijinja
from babel.dates import format_date
from babel.numbers import format_currency, get_currency_precision

from playbook.answered import tell_answers
from playbook.assets import ParameterType, Template
from playbook.calendar import zone
from playbook.case import Problem
from playbook.facts import INVALID, is_identifier, read_date, read_money
from playbook.forms import ask_for
from playbook.knowledge import find_article
from playbook.model import Playbook

HANDLE_MARKER = "{{seller.handle}}"
FUEL = 20_000
NOT_TRANSLATED = "article_not_translated"
"""The words that own up to an article in another language than the letter's."""
_SELLER = {"handle": HANDLE_MARKER}

Shown: TypeAlias = str | list[str] | dict[str, str] | list[dict[str, str]]


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


@dataclass(frozen=True, slots=True)
class _Voice:
    """In which language and for which place a letter speaks."""

    playbook: Playbook
    language: str
    region: str

    @property
    def locale(self) -> str:
        return self.playbook.card.locales[self.language]


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
    values = _show(_Voice(playbook, spoken, region), template, parameters)
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


def _show(voice: _Voice, template: Template, given: Mapping[str, object]) -> dict[str, Shown]:
    problems = list(_strangers(template, given))
    values: dict[str, Shown] = {}
    for name, kind in template.parameters.items():
        shown = _SHOW[kind](voice, given[name]) if name in given else _UNSAID.get(kind)
        if shown is None:
            problems.append(_problem(name, f"needed, of type {kind}{_choice(voice, kind)}"))
        else:
            values[name] = shown
    if problems:
        raise ParametersInvalid(tuple(problems))
    return values


def _choice(voice: _Voice, kind: ParameterType) -> str:
    """List what may be said, where it is a matter of choosing."""
    kinds = (one.kind for one in voice.playbook.taxonomy.evidence_kinds)
    texts = voice.playbook.card.texts
    choices = {
        "evidence_kinds": kinds,
        **dict.fromkeys(("code", "code?", "codes", "codes?"), texts),
        "article": dict.fromkeys(one.article for one in voice.playbook.knowledge),
    }
    return f". One of: {', '.join(choices[kind])}." if kind in choices else ""


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


def _identifier(_: _Voice, value: object) -> str | None:
    return value if isinstance(value, str) and is_identifier(value) else None


def _integer(_: _Voice, value: object) -> str | None:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _day(voice: _Voice, value: object) -> str | None:
    day = value if isinstance(value, date) else read_date(value)
    return format_date(day, format="long", locale=voice.locale) if day else None


def _moment(voice: _Voice, value: object) -> str | None:
    moment = value if isinstance(value, datetime) else _read_instant(value)
    if moment is None or moment.tzinfo is None:
        return None
    calendar = voice.playbook.calendar(voice.playbook.region(voice.region).calendar)
    here = moment.astimezone(zone(calendar.zone))
    return f"{format_date(here.date(), format='full', locale=voice.locale)}, {here:%H:%M %Z}"


def _read_instant(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _money(voice: _Voice, value: object) -> str | None:
    money = read_money(value)
    if money is None or money.currency not in voice.playbook.taxonomy.currencies:
        return None
    places = get_currency_precision(money.currency)
    amount = Decimal(money.amount_minor).scaleb(-places)
    return format_currency(amount, money.currency, locale=voice.locale)


def _evidence(voice: _Voice, value: object) -> list[dict[str, str]] | None:
    kinds = [voice.playbook.evidence_kind(str(kind)) for kind in _listed(value)]
    if not isinstance(value, list | tuple) or None in kinds:
        return None
    return [
        {
            "name": kind.name.say(voice.language),
            "why": kind.why.say(voice.language),
            "standard": kind.text.say(voice.language),
        }
        for kind in kinds
        if kind
    ]


def _code(voice: _Voice, value: object) -> str | None:
    return voice.playbook.text(value, voice.language) if isinstance(value, str) else None


def _codes(voice: _Voice, value: object) -> list[str] | None:
    texts = [_code(voice, code) for code in _listed(value)]
    return [text for text in texts if text] if texts and all(texts) else None


def _codes_if_any(voice: _Voice, value: object) -> list[str] | None:
    return [] if value in ([], ()) else _codes(voice, value)


def _answers(voice: _Voice, value: object) -> list[dict[str, str]] | None:
    return tell_answers(_listed(value), partial(_code, voice))


def _article(voice: _Voice, value: object) -> dict[str, str] | None:
    """Say an article in the letter's language, else in English with a note that owns up to it."""
    found = find_article(voice.playbook, str(value), voice.language)
    if found is None:
        return None
    owned_up = "" if found.is_translated else voice.playbook.text(NOT_TRANSLATED, voice.language)
    return {
        "title": found.article.title,
        "text": found.article.body.strip(),
        "note": owned_up or "",
    }


def _questions(voice: _Voice, value: object) -> list[dict[str, str]] | None:
    asked = [ask_for(voice.playbook, str(fact), voice.language) for fact in _listed(value)]
    return [one for one in asked if one] if asked and all(asked) else None


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


_SHOW: Mapping[ParameterType, Callable[[_Voice, object], Shown | None]] = {
    "identifier": _identifier,
    "identifier?": _identifier,
    "integer": _integer,
    "date": _day,
    "instant": _moment,
    "money": _money,
    "evidence_kinds": _evidence,
    "code": _code,
    "code?": _code,
    "codes": _codes,
    "codes?": _codes_if_any,
    "article": _article,
    "questions": _questions,
    "answers": _answers,
}
_UNSAID: Mapping[ParameterType, Shown] = {"identifier?": "", "code?": "", "codes?": []}
