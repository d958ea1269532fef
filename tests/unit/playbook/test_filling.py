"""What a form fills in, what a seller makes of it, what comes later."""

import pytest

from playbook.filling import DefaultUse, check_deferrals, fill_in
from playbook.model import Playbook
from small_playbook import Spoil

TYPE = "payout_hold"


class TestFillIn:
    def test_takes_what_the_marketplace_knows_where_nothing_is_said(
        self, playbook: Playbook
    ) -> None:
        known = {"hold_code": "reserve", "delivery": "carrier"}
        filled = fill_in(
            playbook,
            TYPE,
            {"payout_ref": "PO-1", "delivery": "carrier"},
            prefilled=known,
            overrides={},
        )

        assert filled.errors == ()
        assert filled.facts == {"payout_ref": "PO-1", **known}
        assert {use.fact: use.overridden for use in filled.uses} == {
            "hold_code": False,
            "delivery": False,
        }

    def test_goes_by_the_seller_and_keeps_the_reason(self, playbook: Playbook) -> None:
        filled = fill_in(
            playbook,
            TYPE,
            {"delivery": "own_fleet"},
            prefilled={"delivery": "carrier"},
            overrides={"delivery": "outdated"},
        )

        assert filled.facts == {"delivery": "own_fleet"}
        assert filled.uses == (
            DefaultUse(fact="delivery", source="marketplace", overridden=True, reason="outdated"),
        )

    def test_lets_the_marketplace_go_before_the_playbook(self, playbook: Playbook) -> None:
        book = with_default(playbook, "delivery", "carrier")

        alone = fill_in(book, TYPE, {}, prefilled={}, overrides={})
        both = fill_in(book, TYPE, {}, prefilled={"delivery": "pickup"}, overrides={})

        assert [(use.source, alone.facts[use.fact]) for use in alone.uses] == [
            ("playbook", "carrier")
        ]
        assert [(use.source, both.facts[use.fact]) for use in both.uses] == [
            ("marketplace", "pickup")
        ]

    def test_keeps_all_of_a_type_that_nobody_knows(self, playbook: Playbook) -> None:
        filled = fill_in(
            playbook, "of_tomorrow", {"a": 1}, prefilled={"a": 2, "b": 3}, overrides={"a": "x"}
        )

        assert (filled.facts, filled.uses, filled.errors) == ({"a": 1, "b": 3}, (), ())


class TestCheckDeferrals:
    def test_says_how_much_later(self, playbook: Playbook) -> None:
        kept, problems = check_deferrals(playbook, TYPE, {}, {"amount": "not_yet_known"})

        assert problems == ()
        assert [(one.fact, one.within.days) for one in kept] == [("amount", 3)]

    def test_of_a_type_that_nobody_knows_are_refused(self, playbook: Playbook) -> None:
        kept, [problem] = check_deferrals(playbook, "of_tomorrow", {}, {"a/b": "no_access_now"})

        assert (kept, problem.pointer) == ((), "/deferred/a~1b")


class TestLint:
    @pytest.mark.parametrize(
        ("more", "line"),
        [
            ("default: bitmap", "one of: none, data, policy"),
            ("default: data", "expected reasons in `codes.override`"),
            ("examples: [none, bitmap]", "expected one of: none, data, policy, found bitmap"),
            ("defer: {reasons: [nobody_knows], within: 3d}", "`required`"),
            ("required: true, defer: {reasons: [nobody_knows], within: 3d}", "code with a text"),
        ],
    )
    def test_holds_defaults_examples_and_deferrals_to_their_facts(
        self, spoil: Spoil, more: str, line: str
    ) -> None:
        field = "{name: notice, type: code, "

        problems = spoil("taxonomy.yaml", field, f"{field}{more}, ")

        assert any("taxonomy.yaml:34:" in one and line in one for one in problems), problems


def with_default(playbook: Playbook, fact: str, default: str) -> Playbook:
    types = playbook.taxonomy.issue_types
    changed = tuple(
        known.model_copy(
            update={
                "facts": tuple(
                    field.model_copy(update={"default": default}) if field.name == fact else field
                    for field in known.facts
                )
            }
        )
        for known in types
    )
    taxonomy = playbook.taxonomy.model_copy(update={"issue_types": changed})
    return playbook.model_copy(update={"taxonomy": taxonomy})
