"""What the parameters of a letter look like in it: dates, money, documents, words for codes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Final, TypeAlias

from babel.dates import format_date
from babel.numbers import format_currency, get_currency_precision

from playbook.answered import tell_answers
from playbook.assets import SEALED_PARAMETERS, ParameterType
from playbook.calendar import zone
from playbook.differing import hint, tell_differences
from playbook.facts import is_identifier, read_date, read_money
from playbook.forms import ask_for
from playbook.knowledge import find_article
from playbook.model import Playbook

NOT_TRANSLATED: Final = "article_not_translated"
"""The words that own up to an article in another language than the letter's."""

Shown: TypeAlias = str | list[str] | dict[str, str] | list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Voice:
    """In which language and for which place a letter speaks."""

    playbook: Playbook
    language: str
    region: str

    @property
    def locale(self) -> str:
        return self.playbook.card.locales[self.language]


def choice(voice: Voice, kind: ParameterType) -> str:
    """List what may be said, where it is a matter of choosing; never what was given."""
    if kind in SEALED_PARAMETERS:
        return f": {hint(voice.playbook.codes.differing)}"
    kinds = (one.kind for one in voice.playbook.taxonomy.evidence_kinds)
    choices = {
        "evidence_kinds": kinds,
        **dict.fromkeys(("code", "code?", "codes", "codes?"), voice.playbook.card.texts),
        "article": dict.fromkeys(one.article for one in voice.playbook.knowledge),
    }
    return f". One of: {', '.join(choices[kind])}." if kind in choices else ""


def _identifier(_: Voice, value: object) -> str | None:
    return value if isinstance(value, str) and is_identifier(value) else None


def _integer(_: Voice, value: object) -> str | None:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _day(voice: Voice, value: object) -> str | None:
    day = value if isinstance(value, date) else read_date(value)
    return format_date(day, format="long", locale=voice.locale) if day else None


def _moment(voice: Voice, value: object) -> str | None:
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


def _money(voice: Voice, value: object) -> str | None:
    money = read_money(value)
    if money is None or money.currency not in voice.playbook.taxonomy.currencies:
        return None
    places = get_currency_precision(money.currency)
    amount = Decimal(money.amount_minor).scaleb(-places)
    return format_currency(amount, money.currency, locale=voice.locale)


def _evidence(voice: Voice, value: object) -> list[dict[str, str]] | None:
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


def _code(voice: Voice, value: object) -> str | None:
    return voice.playbook.text(value, voice.language) if isinstance(value, str) else None


def _codes(voice: Voice, value: object) -> list[str] | None:
    texts = [_code(voice, code) for code in _listed(value)]
    return [text for text in texts if text] if texts and all(texts) else None


def _codes_if_any(voice: Voice, value: object) -> list[str] | None:
    return [] if value in ([], ()) else _codes(voice, value)


def _answers(voice: Voice, value: object) -> list[dict[str, str]] | None:
    return tell_answers(_listed(value), partial(_code, voice))


def _differences(voice: Voice, value: object) -> list[dict[str, str]] | None:
    compared = voice.playbook.codes.differing
    return tell_differences(
        _listed(value), lambda field: _code(voice, field) if field in compared else None
    )


def _differences_if_any(voice: Voice, value: object) -> list[dict[str, str]] | None:
    return [] if value in ([], ()) else _differences(voice, value)


def _article(voice: Voice, value: object) -> dict[str, str] | None:
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


def _questions(voice: Voice, value: object) -> list[dict[str, str]] | None:
    asked = [ask_for(voice.playbook, str(fact), voice.language) for fact in _listed(value)]
    return [one for one in asked if one] if asked and all(asked) else None


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


SHOW: Mapping[ParameterType, Callable[[Voice, object], Shown | None]] = {
    "identifier": _identifier,
    "identifier?": _identifier,
    "integer": _integer,
    "integer?": _integer,
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
    "differences": _differences,
    "differences?": _differences_if_any,
}
UNSAID: Mapping[ParameterType, Shown] = {
    "identifier?": "",
    "integer?": "",
    "code?": "",
    "codes?": [],
    "differences?": [],
}
"""What stands for a parameter that may be left out, and was."""
