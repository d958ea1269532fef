from datetime import UTC, date, datetime

import pytest

from playbook.assets import ParameterType, Template
from playbook.model import Playbook
from playbook.templates import (
    MessageTooLong,
    ParametersInvalid,
    TemplateBroken,
    TemplateNotFound,
    fill_handle,
    parameters,
    render,
)

FIRST = {
    "payout_ref": "PO-88121",
    "amount": {"amount_minor": 184050, "currency": "GBP"},
    "missing": ["business_registration", "proof_of_address"],
    "reply_by": "2026-12-06T10:00:00Z",
    "update_by": datetime(2026, 11, 24, 10, tzinfo=UTC),
}


def with_template(playbook: Playbook, body: str, **changes: object) -> Playbook:
    """Add a letter to a playbook, as a later version might."""
    template = playbook.templates[0].model_copy(
        update={"id": "odd", "language": "en", "parameters": {}, "subject": "s", "body": body}
        | changes
    )
    return playbook.model_copy(update={"templates": (*playbook.templates, template)})


def show(playbook: Playbook, kind: ParameterType, value: object, language: str = "en") -> str:
    """Write one value of a type into a letter."""
    changed = with_template(
        playbook, "{{ x }}", parameters={"x": kind}, language=language, regions=()
    )
    return render(changed, "odd", language=language, region="UK", parameters={"x": value}).body


class TestRender:
    @pytest.mark.covers("SC-4", "SC-1")
    def test_asks_for_exactly_what_is_missing_and_gives_the_next_date(
        self, playbook: Playbook
    ) -> None:
        letter = render(
            playbook, "payout_hold.first_response", language="en", region="UK", parameters=FIRST
        )

        assert letter.subject == "Your payout PO-88121: what we need from you"
        assert "£1,840.50" in letter.body
        assert "these 2 documents" in letter.body
        assert "**Business registration**" in letter.body
        assert "Identity document" not in letter.body
        assert "by Tuesday, 24 November 2026, 10:00 GMT" in letter.body
        assert (letter.template, letter.kind) == ("payout_hold.first_response@1", "first_response")
        assert (letter.language, letter.region, letter.qualifying) == ("en", "UK", True)

    @pytest.mark.parametrize(
        ("language", "region", "spoken"),
        [("de", "UK", "de"), ("de-AT", "UK", "de"), ("nl", "UK", "en"), ("nl", "DE", "de")],
    )
    def test_speaks_the_sellers_language_or_the_regions(
        self, playbook: Playbook, language: str, region: str, spoken: str
    ) -> None:
        letter = render(
            playbook,
            "payout_hold.first_response",
            language=language,
            region=region,
            parameters=FIRST,
        )

        assert letter.language == spoken

    @pytest.mark.parametrize(
        ("missing", "words"), [([], "all the documents"), (["proof_of_address"], "this document")]
    )
    def test_minds_its_grammar(self, playbook: Playbook, missing: list[str], words: str) -> None:
        letter = render(
            playbook,
            "payout_hold.first_response",
            language="en",
            region="UK",
            parameters={**FIRST, "missing": missing},
        )

        assert words in letter.body

    @pytest.mark.parametrize(
        ("known", "subject", "words"),
        [
            ({"order_ref": "ORD-4"}, "Your order ORD-4: how", "about your order (ORD-4)."),
            ({}, "Your order: how", "about your order."),
            ({"order_ref": "O" * 60}, "Your order: how", f"order ({'O' * 60})."),
        ],
    )
    def test_names_what_it_is_about_if_the_case_knows(
        self, playbook: Playbook, known: dict[str, str], subject: str, words: str
    ) -> None:
        dates = {key: FIRST[key] for key in ("missing", "reply_by", "update_by")}
        letter = render(
            playbook,
            "dispute.first_response",
            language="en",
            region="UK",
            parameters=dates | known,
        )

        assert letter.subject.startswith(subject)
        assert words in letter.body

    @pytest.mark.covers("SC-13", "RG-6")
    @pytest.mark.parametrize(
        ("article", "title", "notes"),
        [
            ("how_to_appeal", "Cómo recurrir una decisión", 0),
            ("selling_refurbished_goods", "May I sell refurbished goods of a brand?", 1),
        ],
    )
    def test_brings_an_article_and_owns_up_to_one_in_another_language(
        self, playbook: Playbook, article: str, title: str, notes: int
    ) -> None:
        letter = render(
            playbook,
            "policy_clarification.first_response",
            language="es",
            region="ES",
            parameters={"article": article},
        )

        assert letter.subject == f"Su pregunta: {title}"
        assert letter.body.count("Todavía no tenemos este texto en español") == notes
        assert letter.qualifying

    def test_knows_only_articles_that_there_are(self, playbook: Playbook) -> None:
        with pytest.raises(ParametersInvalid) as caught:
            render(
                playbook,
                "policy_clarification.first_response",
                language="en",
                region="UK",
                parameters={"article": "selling_elephants"},
            )

        (problem,) = caught.value.problems
        assert problem.pointer == "/parameters/article"
        assert "how_to_appeal" in problem.detail

    def test_says_below_that_the_clock_is_a_demonstration(self, playbook: Playbook) -> None:
        letter = render(
            playbook, "payout_hold.first_response", language="en", region="demo", parameters=FIRST
        )

        assert letter.body.endswith(
            "(Demonstration clock: the times in this letter are short on purpose.)"
        )

    @pytest.mark.covers("SC-19", "SC-4")
    @pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pl"])
    def test_tells_every_decision_with_reasons_and_the_way_to_appeal(
        self, playbook: Playbook, language: str
    ) -> None:
        letter = render(
            playbook,
            "payout_hold.decision.adverse",
            language=language,
            region="UK",
            parameters={
                "payout_ref": "PO-88121",
                "amount": FIRST["amount"],
                "reasons": ["evidence_missing", "risk_not_cleared"],
                "appeal_by": "2026-12-24T10:00:00+01:00",
            },
        )

        assert str(playbook.text("evidence_missing", language)) in letter.body
        assert "09:00 GMT" in letter.body

    def test_names_each_parameter_that_is_missing_wrong_or_strange(
        self, playbook: Playbook
    ) -> None:
        with pytest.raises(ParametersInvalid) as caught:
            render(
                playbook,
                "payout_hold.update",
                language="en",
                region="UK",
                parameters={"update_by": "soon", "a/b": "x"},
            )

        assert [problem.pointer for problem in caught.value.problems] == [
            "/parameters/a~1b",
            "/parameters/progress",
            "/parameters/update_by",
        ]

    def test_knows_only_its_own_templates(self, playbook: Playbook) -> None:
        with pytest.raises(TemplateNotFound):
            render(playbook, "nothing", language="en", region="UK", parameters={})
        with pytest.raises(TemplateNotFound):
            parameters(playbook, "nothing")

    def test_keeps_a_regions_letter_in_its_region(self, playbook: Playbook) -> None:
        changed = with_template(playbook, "hello", regions=("DE",))

        with pytest.raises(TemplateNotFound):
            render(changed, "odd", language="en", region="UK", parameters={})
        assert render(changed, "odd", language="en", region="DE", parameters={}).body == "hello"

    def test_takes_the_newest_version(self, playbook: Playbook) -> None:
        changed = with_template(with_template(playbook, "old"), "new", version=2)

        assert render(changed, "odd", language="en", region="UK", parameters={}).body == "new"

    @pytest.mark.parametrize(
        "body",
        [
            "{{ nobody }}",
            "{{ seller.bank_account }}",
            "{% for a in range(900) %}{% for b in range(900) %}{{ b }}{% endfor %}{% endfor %}",
            "{% if %}",
        ],
    )
    def test_refuses_what_is_undefined_or_never_ends(self, playbook: Playbook, body: str) -> None:
        with pytest.raises(TemplateBroken):
            render(with_template(playbook, body), "odd", language="en", region="UK", parameters={})

    @pytest.mark.parametrize("changes", [{"body": "x" * 2601}, {"subject": "x" * 91}])
    @pytest.mark.covers("SC-6")
    def test_keeps_to_the_budget(self, playbook: Playbook, changes: dict[str, str]) -> None:
        texts = {"body": "x" * 2600, "subject": "x" * 90, **changes}

        with pytest.raises(MessageTooLong):
            render(
                with_template(playbook, texts["body"], subject=texts["subject"]),
                "odd",
                language="en",
                region="UK",
                parameters={},
            )


class TestAReserve:
    @pytest.mark.parametrize("letter", ["payout_hold.reserve", "payout_hold.decision.adverse"])
    @pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pl"])
    @pytest.mark.parametrize(
        ("facts", "figures"),
        [
            ({"reserve_percent": 75, "reserve_days": 45}, ["75", "45"]),
            ({"reserve_percent": 75}, ["75"]),
            ({"reserve_days": 45}, ["45"]),
            ({}, []),
        ],
    )
    def test_is_told_with_the_figures_that_are_known(
        self,
        playbook: Playbook,
        letter: str,
        language: str,
        facts: dict[str, int],
        figures: list[str],
    ) -> None:
        known = {"payout_ref": "PO-9", "amount": {"amount_minor": 100, "currency": "GBP"}}
        dates = {"update_by": FIRST["update_by"], "appeal_by": FIRST["update_by"]}
        given = known | dates | facts | {"reasons": ["evidence_missing"]}
        wanted = parameters(playbook, letter)

        body = render(
            playbook,
            letter,
            language=language,
            region="UK",
            parameters={name: value for name, value in given.items() if name in wanted},
        ).body

        assert [one for one in ("75", "45") if one in body] == figures


class TestParameters:
    @pytest.mark.parametrize(
        ("kind", "value", "language", "shown"),
        [
            ("identifier", "PO-1", "en", "PO-1"),
            ("integer", 7, "en", "7"),
            ("date", "2026-11-24", "en", "24 November 2026"),
            ("date", date(2026, 11, 24), "de", "24. November 2026"),
            ("instant", "2026-07-01T12:00:00Z", "en", "Wednesday, 1 July 2026, 13:00 BST"),
            ("money", {"amount_minor": 5, "currency": "EUR"}, "de", "0,05\xa0€"),
            ("code", "solved", "de", "Wir haben es gelöst."),
            ("codes", ["solved"], "en", "['We solved it.']"),
        ],
    )
    def test_are_written_for_people(
        self, playbook: Playbook, kind: ParameterType, value: object, language: str, shown: str
    ) -> None:
        assert show(playbook, kind, value, language) == shown

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("identifier", "two words"),
            ("identifier", 7),
            ("integer", "7"),
            ("integer", True),
            ("date", "tomorrow"),
            ("instant", "2026-11-24T10:00:00"),
            ("instant", "soon"),
            ("instant", 7),
            ("money", "£5"),
            ("money", {"amount_minor": 5, "currency": "XYZ"}),
            ("evidence_kinds", ["crystal_ball"]),
            ("evidence_kinds", "proof_of_address"),
            ("code", "no_such_code"),
            ("code", 7),
            ("codes", []),
            ("codes", ["solved", "no_such_code"]),
            ("codes", "solved"),
        ],
    )
    def test_are_refused_when_they_are_not_of_their_type(
        self, playbook: Playbook, kind: ParameterType, value: object
    ) -> None:
        with pytest.raises(ParametersInvalid):
            show(playbook, kind, value)

    def test_are_told_to_whoever_asks(self, playbook: Playbook) -> None:
        assert parameters(playbook, "payout_hold.update") == {
            "progress": "code",
            "update_by": "instant",
        }


class TestFillHandle:
    def test_puts_the_handle_in_when_the_letter_is_read(self, playbook: Playbook) -> None:
        letter = render(
            playbook, "payout_hold.first_response", language="en", region="UK", parameters=FIRST
        )

        read = fill_handle(letter.body, "clay-and-co")

        assert letter.body.startswith("Hello {{seller.handle}},")
        assert read.startswith("Hello clay-and-co,")


class TestTemplate:
    @pytest.mark.covers("SC-2", "SC-7", "OW-9")
    def test_has_every_library_field(self, playbook: Playbook) -> None:
        def is_whole(template: Template) -> bool:
            return bool(template.summary and template.recommended_action and template.owner)

        assert all(is_whole(template) for template in playbook.templates)
        assert all(one.valid_from < one.review_by for one in playbook.templates)
