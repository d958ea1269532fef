import random
from collections.abc import Iterator
from datetime import timedelta

from pydantic import JsonValue

from playbook.examples import ExampleCase
from playbook.judgement import judge
from playbook.model import Playbook
from playbook.questions import FactField
from playbook.sorting import Sorted, Sorter

ROUND = (0, 2_000, 10_000, 25_000, 50_000, 100_000, 500_000, 1_000_000, 2_500_000)


class TestSorter:
    def test_says_of_every_case_what_judging_it_says(self, playbook: Playbook) -> None:
        sorter = Sorter(playbook)
        filed = [one.case for one in playbook.examples]
        dice = random.Random(11)

        for one in (*filed, *_strange(playbook, filed, dice, count=1500)):
            found = judge(playbook, one)
            seen = found.seen
            expected = Sorted(found.queue, seen.issue_type, seen.severity, seen.needs_person)
            assert sorter.sort(one) == expected, one


def _strange(
    playbook: Playbook, filed: list[ExampleCase], dice: random.Random, count: int
) -> Iterator[ExampleCase]:
    """Change golden cases in whatever a table may look at, one or many things at once."""
    for _ in range(count):
        one, other = dice.choices(filed, k=2)
        known = playbook.issue_type(one.issue_type)
        fields = known.facts if known else ()
        given = {field.name: _value(playbook, field, dice) for field in fields}
        told = {name: value for name, value in given.items() if dice.random() < 0.4}
        kept = {name: value for name, value in one.facts.items() if dice.random() < 0.8}
        yield one.model_copy(
            update={
                "facts": kept | told,
                "tier": dice.choice((one.tier, *playbook.taxonomy.tiers)),
                "region": dice.choice((one.region, "PL", "US", "MARS")),
                "marketplace": dice.choice((one.marketplace, "harbour-demo")),
                "perspective": dice.choice(("seller", "seller", "buyer", "integrity")),
                "acting_authority": dice.choice(("verified", "verified", "unverified")),
                "description": dice.choice((one.description, other.description, "")),
                "on_file": dice.choice((one.on_file, other.on_file)),
                "opened_at": one.opened_at + timedelta(days=dice.choice((0, 0, 3, 400))),
            }
        )


def _value(playbook: Playbook, field: FactField, dice: random.Random) -> JsonValue:
    if field.type == "money":
        amount = max(dice.choice(ROUND) + dice.choice((-1, 0, 1)), 0)
        return {"amount_minor": amount, "currency": dice.choice(playbook.taxonomy.currencies)}
    choices: dict[str, tuple[JsonValue, ...]] = {
        "code": (*field.codes, "unheard_of"),
        "flag": (True, False),
        "number": (0, 1, 2, 3, 5, 10, 50, 100),
        "date": ("2026-01-31", "2026-11-22", "2027-03-01"),
    }
    return dice.choice(choices.get(field.type, ("PO-1", "PO-2")))
