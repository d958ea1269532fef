"""What the files of a playbook must say together: every name that one uses, another defines."""

from collections.abc import Iterable, Iterator

from babel import localedata

from playbook.check_cases import (
    check_points,
    check_routing,
    check_severity,
    check_taxonomy,
    check_teams,
)
from playbook.check_deadlines import check_deadlines
from playbook.check_golden import check_golden
from playbook.check_letters import check_templates, check_writing
from playbook.check_no_touch import check_no_touch
from playbook.check_questions import check_questions
from playbook.check_reminders import check_reminders
from playbook.check_rights import check_rights
from playbook.check_rows import check_escalation_rules, check_target_rows
from playbook.check_sealed import check_sealed
from playbook.check_sense import check_sense
from playbook.check_sensitive import check_sensitive
from playbook.check_separate import check_separate
from playbook.check_shifts import check_shifts
from playbook.check_step_up import check_step_up
from playbook.check_tables import check_tables
from playbook.check_trees import check_knowledge, check_trees
from playbook.check_work import (
    check_checklists,
    check_escalation,
    check_handoffs,
    check_regions,
    check_sla,
)
from playbook.closed import DEFAULT_LANGUAGE, InnerWords, Words
from playbook.documents import Finding
from playbook.model import Playbook
from playbook.sources import Sources, need, need_once


def check_together(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    """Find everything that does not fit between files, each with its place."""
    yield from sources.marks()
    names = [finding for check in _CHECKS for finding in check(playbook, sources)]
    yield from names
    if not names:
        yield from check_writing(playbook, sources)
        yield from check_sense(playbook, sources)
        yield from check_shifts(playbook, sources)


def _check_card(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    card, file = playbook.card, sources.file("card")
    regions = [region.region for region in playbook.regions]
    yield from need(file, ("default_region",), card.default_region, regions, "region")
    for language in dict.fromkeys((DEFAULT_LANGUAGE, *playbook.guardrails.languages)):
        yield from need(file, ("locales",), language, card.locales, "locale for a language")
    for language, locale in card.locales.items():
        if not localedata.exists(locale):
            yield Finding(file, ("locales", language), "a locale like en_GB", locale)
    for status, stage in card.stage_of.items():
        yield from need(file, ("stage_of", status), stage, card.stages, "stage")
    yield from need(file, ("stage_of",), "opened", card.stage_of, "status")
    names = [marketplace.id for marketplace in card.marketplaces]
    yield from need_once(file, ("marketplaces",), names, "marketplace")
    yield from _check_patches(playbook, file)
    yield from _check_standings(playbook, file)


def _check_standings(playbook: Playbook, file: str) -> Iterator[Finding]:
    """Hold what a seller is taken for to the tiers and regions that there are."""
    regions = [region.region for region in playbook.regions]
    for index, marketplace in enumerate(playbook.card.marketplaces):
        path = ("marketplaces", index)
        if tier := marketplace.default_tier:
            yield from need(file, (*path, "default_tier"), tier, playbook.taxonomy.tiers, "tier")
        if region := marketplace.default_region:
            yield from need(file, (*path, "default_region"), region, regions, "region")


def _check_patches(playbook: Playbook, file: str) -> Iterator[Finding]:
    patches = {region.region: region for region in playbook.regions}
    for index, marketplace in enumerate(playbook.card.marketplaces):
        if marketplace.patch is None:
            continue
        path = ("marketplaces", index, "patch")
        yield from need(file, path, marketplace.patch, patches, "patch")
        patch = patches.get(marketplace.patch)
        if patch and patch.demonstration and not marketplace.demonstration:
            expected = "a demonstration marketplace, since the patch has short clocks"
            yield Finding(file, path, expected, marketplace.id)


def _check_words(playbook: Playbook, sources: Sources) -> Iterator[Finding]:
    for file, path, words in sources.words():
        for language in _languages_of(playbook, words):
            if language not in words.root:
                yield Finding(file, path, f"a wording in `{language}`", "none")


def _languages_of(playbook: Playbook, words: Words) -> Iterable[str]:
    """Tell in which languages a text is due: what sellers read, in each that letters are in."""
    inner = isinstance(words, InnerWords)
    return dict.fromkeys((DEFAULT_LANGUAGE, *(() if inner else playbook.card.locales)))


_CHECKS = (
    _check_card,
    _check_words,
    check_taxonomy,
    check_questions,
    check_teams,
    check_severity,
    check_routing,
    check_tables,
    check_sla,
    check_target_rows,
    check_deadlines,
    check_reminders,
    check_escalation,
    check_escalation_rules,
    check_rights,
    check_handoffs,
    check_checklists,
    check_points,
    check_no_touch,
    check_step_up,
    check_separate,
    check_templates,
    check_sensitive,
    check_sealed,
    check_regions,
    check_trees,
    check_knowledge,
    check_golden,
)
