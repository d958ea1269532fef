"""Errors of fields, in words of ours."""

from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from chassis.problems.sentences import code_of, sentence


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    word: str = Field(default="a", pattern="^[a-z]+$", max_length=3)
    many: list[int] = Field(default=[], min_length=0, max_length=2)
    one: Literal["this", "that"] = "this"
    inner: "Body | None" = None


class TestSentence:
    @pytest.mark.parametrize(
        ("sent", "code", "said"),
        [
            ({"word": "A"}, "string-pattern-mismatch", "It does not have the form"),
            ({"word": "abcd"}, "string-too-long", "at most 3 characters"),
            ({"many": [1, 2, 3]}, "too-long", "at most 2 entries"),
            ({"one": "CANARY"}, "literal-error", "'this' or 'that'"),
            ({"inner": 7}, "model-type", "a JSON object"),
            ({"CANARY": 7}, "extra-forbidden", "no such field"),
        ],
    )
    def test_is_plain_and_repeats_nothing(
        self, sent: dict[str, object], code: str, said: str
    ) -> None:
        with pytest.raises(ValidationError) as caught:
            Body.model_validate(sent)

        (error,) = caught.value.errors()
        assert code_of(dict(error)) == code
        assert said in sentence(dict(error))
        assert "CANARY" not in sentence(dict(error))
        assert "Input should" not in sentence(dict(error))

    def test_of_an_error_of_ours_is_its_own(self) -> None:
        error = PydanticCustomError("not_written_out", "write it out")

        assert sentence({"type": error.type, "msg": error.message()}) == "write it out"
