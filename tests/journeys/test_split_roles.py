"""HTTP apart from consuming: the first road leads to its end all the same."""

from collections.abc import Iterator

import pytest

from stack.stacks import Stack, Wish, wished_stack
from stack.story import files
from stack.story.checks import Teller
from stack.story.demo import on_stage
from stack.story.ending import check_events
from stack.story.first_road import walk


@pytest.fixture(scope="module")
def split_stack() -> Iterator[Stack]:
    with wished_stack(Wish(durable=False, split=True)) as running:
        yield running


@pytest.mark.lasting
class TestASplitService:
    async def test_answers_in_one_process_and_consumes_in_another(
        self, split_stack: Stack, teller: Teller
    ) -> None:
        async with on_stage(split_stack) as stage:
            road = stage.road(files.new_filing(), teller)
            await walk(road)
            await check_events(road)

        assert {"router", "router-worker"} <= set(split_stack.status())
        assert teller.failed == []
