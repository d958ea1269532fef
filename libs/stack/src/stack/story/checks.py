"""What the story claims, each claim looked at: a line with a sign, and a count of failures."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from stack.story.topics import Told

Say = Callable[[str], None]


@dataclass(slots=True, kw_only=True)
class Teller:
    """Tells the story line by line, and remembers what did not come true."""

    say: Say
    failed: list[str] = field(default_factory=list)

    def chapter(self, title: str) -> None:
        self.say(f"\n{title}")

    def tell(self, sentence: str) -> None:
        self.say(f"    {sentence}")

    def check(self, holds: bool, sentence: str) -> None:  # noqa: FBT001 - a claim and whether it holds
        self.say(f"  {'✓' if holds else '✗'} {sentence}")
        if not holds:
            self.failed.append(sentence)

    def fail(self, sentence: str) -> None:
        self.check(False, sentence)  # noqa: FBT003 - a claim that does not hold

    def event(self, told: Told) -> None:
        time = told.at.strftime("%H:%M:%S.%f")[:-3]
        self.say(f"    {time}  {told.producer:11} {told.sequence:>2}  {told.type}")


def gaps(events: Sequence[Told]) -> dict[str, list[int]]:
    """Return the sequences of each producer that does not count 1, 2, 3 and so on."""
    by_producer: dict[str, list[int]] = {}
    for one in events:
        by_producer.setdefault(one.producer, []).append(one.sequence)
    return {
        producer: sequences
        for producer, sequences in by_producer.items()
        if sequences != list(range(1, len(sequences) + 1))
    }


def count_types(events: Sequence[Told]) -> Counter[str]:
    return Counter(one.type.removesuffix(".v1") for one in events)


def clocks(events: Sequence[Told], type_: str) -> Counter[str]:
    """Count the clocks that an sla event was said of, by kind."""
    return Counter(one.payload["kind"] for one in events if one.type == f"{type_}.v1")
