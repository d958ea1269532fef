import pytest
from pydantic import TypeAdapter, ValidationError

from chassis.words import Amount, Code, Day, Identifier, Instant, Note

IDENTIFIER = TypeAdapter[str](Identifier)


class TestIdentifier:
    @pytest.mark.parametrize(
        "text",
        ["HB-20931", "PO-88121", "a", "2026-11-16", "urn:x:1/2", "1234567890123", "x" * 64, "4111"],
    )
    def test_takes_numbers_of_the_marketplace(self, text: str) -> None:
        assert IDENTIFIER.validate_python(text) == text

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " HB",
            "HB 1",
            "-HB",
            "x" * 65,
            "Jané",
            "a@b.c",
            "a\n",
            "4111111111111111",
            "4111-1111-1111-1111",
            "PO:4111.1111.1111.1111/x",
            "378282246310005",
            "DE89370400440532013000",
            "gb82-WEST-1234-5698-7654-32",
        ],
    )
    def test_refuses_words_and_accounts(self, text: str) -> None:
        with pytest.raises(ValidationError):
            IDENTIFIER.validate_python(text)

    def test_does_not_repeat_what_it_refuses(self) -> None:
        with pytest.raises(ValidationError) as refused:
            IDENTIFIER.validate_python("4111111111111111")

        assert "4111" not in refused.value.errors(include_input=False)[0]["msg"]


class TestCode:
    @pytest.mark.parametrize("text", ["payout_hold", "UK", "payout_hold.decision.favourable"])
    def test_takes_words_of_the_playbook(self, text: str) -> None:
        assert TypeAdapter[str](Code).validate_python(text) == text

    @pytest.mark.parametrize("text", ["", "1st", "two words", "x" * 65, "a/b", 7])
    def test_refuses_anything_else(self, text: object) -> None:
        with pytest.raises(ValidationError):
            TypeAdapter[str](Code).validate_python(text)


class TestNote:
    def test_is_words_up_to_2000(self) -> None:
        assert TypeAdapter[str](Note).validate_python("é" * 2000)

    @pytest.mark.parametrize("text", ["", "x" * 2001, 1, None])
    def test_is_nothing_else(self, text: object) -> None:
        with pytest.raises(ValidationError):
            TypeAdapter[str](Note).validate_python(text)


class TestTimes:
    @pytest.mark.parametrize("value", [20261122, "-5", "1e9", 1.5, None, "2026-13-01", True])
    def test_are_not_guessed(self, value: object) -> None:
        for kind in (Day, Instant):
            with pytest.raises(ValidationError):
                TypeAdapter[object](kind).validate_python(value)

    def test_are_utc_once_read(self) -> None:
        read = TypeAdapter[object](Instant).validate_python("2026-11-22T12:00:00+02:00")

        assert str(read) == "2026-11-22 10:00:00+00:00"

    def test_without_an_offset_are_no_instants(self) -> None:
        with pytest.raises(ValidationError):
            TypeAdapter[object](Instant).validate_python("2026-11-22T12:00:00")


class TestAmount:
    @pytest.mark.parametrize(
        "value",
        [
            {"amount_minor": -1, "currency": "GBP"},
            {"amount_minor": 1.0, "currency": "GBP"},
            {"amount_minor": True, "currency": "GBP"},
            {"amount_minor": 2**53, "currency": "GBP"},
            {"amount_minor": 1, "currency": "gbp"},
            {"amount_minor": 1},
            {"amount_minor": 1, "currency": "GBP", "note": "x"},
        ],
    )
    def test_is_a_whole_number_of_a_currency(self, value: object) -> None:
        with pytest.raises(ValidationError):
            Amount.model_validate(value)
