"""Writers use the words of the list."""

from typing import Annotated

import pytest
from pydantic import BaseModel

from contracts.words import Code, one_of
from contracts.writing import UnknownWord, check_words

Size = Annotated[Code, one_of("small", "large")]


class Clapper(BaseModel):
    size: Size


class Bell(BaseModel):
    size: Size
    once: Size | None = None
    sizes: tuple[Size, ...] = ()
    clapper: Clapper | None = None
    clappers: tuple[Clapper, ...] = ()
    name: str = "anything"


class TestCheckWords:
    def test_takes_the_words_of_the_list(self) -> None:
        clapper = Clapper(size="large")
        check_words(
            Bell(size="small", once="large", sizes=("small",), clapper=clapper, clappers=(clapper,))
        )

    @pytest.mark.parametrize(
        ("wrong", "where"),
        [
            (Bell(size="huge"), "Bell.size"),
            (Bell(size="small", once="twice"), "Bell.once"),
            (Bell(size="small", sizes=("small", "huge")), "Bell.sizes"),
            (Bell(size="small", clapper=Clapper(size="huge")), "Clapper.size"),
            (Bell(size="small", clappers=(Clapper(size="huge"),)), "Clapper.size"),
        ],
    )
    def test_names_the_field_of_another_word(self, wrong: Bell, where: str) -> None:
        with pytest.raises(UnknownWord, match=where):
            check_words(wrong)
