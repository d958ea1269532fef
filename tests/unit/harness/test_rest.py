from collections.abc import Awaitable, Callable, Iterable
from itertools import chain, repeat

import pytest

from harness.rest import come_to_rest


def looks(*found: str | None, then: str | None) -> Callable[[], Awaitable[str | None]]:
    answers: Iterable[str | None] = iter(chain(found, repeat(then)))

    async def look() -> str | None:
        return next(iter(answers))

    return look


class TestComeToRest:
    async def test_waits_until_nothing_is_on_its_way(self) -> None:
        rest = await come_to_rest(looks("3 to publish", then=None), within=10, holds_for=0.6)

        assert rest.unrest is None
        assert 0.4 < rest.seconds < 5

    async def test_says_what_never_came_to_rest(self) -> None:
        rest = await come_to_rest(looks(then="router misses 2"), within=1.0, holds_for=0.1)

        assert (rest.seconds, rest.unrest) == (1.0, "router misses 2")

    async def test_forgives_what_stirs_for_a_moment(self) -> None:
        look = looks(None, "a timer has fired", None, then=None)

        rest = await come_to_rest(look, within=10, holds_for=1.2)

        assert rest.unrest is None
        assert rest.seconds < 0.4

    @pytest.mark.parametrize("error", [OSError, TimeoutError])
    async def test_takes_a_database_that_is_away_for_unrest(self, error: type[Exception]) -> None:
        async def look() -> str | None:
            raise error

        rest = await come_to_rest(look, within=0.6, holds_for=0.1)

        assert rest.unrest == f"a database does not answer: {error.__name__}"
