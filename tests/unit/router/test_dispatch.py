"""Whom the router asks: nobody above capacity, oldest urgent first, load only between equals."""

from collections import Counter
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from router.domain.dispatch import Candidate, Choice, Kind, Owned, Waiting, choose_offers, crew_of
from router.domain.work import Member, Work, what_member_lacks

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SKILLS = ("verification", "payouts", "triage")
TEAMS = ("verification", "seller_care", "finance")


def a_candidate(name: str, *, load: int = 0, **changes: object) -> Candidate:
    member = Member(
        member=name,
        login=name,
        name=name,
        marketplaces=("harbour",),
        teams=("verification",),
        skills=("verification",),
        capacity=5,
    )
    return Candidate(member=replace(member, **changes), load=load)  # type: ignore[arg-type]  # changes are of the fields' types


def a_case(name: str, *, due: int = 0, **changes: object) -> Waiting:
    case = Waiting(
        case_id=name,
        marketplace="harbour",
        teams=("verification", "seller_care"),
        due_at=NOON + timedelta(minutes=due),
        skills=("verification",),
    )
    return replace(case, **changes)  # type: ignore[arg-type]  # changes are of the fields' types


def asked(waiting: list[Waiting], *candidates: Candidate) -> list[tuple[str, str]]:
    return [(one.case_id, one.member) for one in choose_offers(waiting, candidates)]


class TestChooseOffers:
    @pytest.mark.covers("RT-2", "OW-7")
    def test_asks_whoever_has_least_among_the_suited(self) -> None:
        busy, free = a_candidate("busy", load=2), a_candidate("free", load=1)

        assert asked([a_case("a")], busy, free) == [("a", "free")]

    @pytest.mark.covers("RT-2")
    def test_never_asks_the_idle_who_lack_the_skill(self) -> None:
        idle, busy = a_candidate("idle", skills=()), a_candidate("busy", load=4)

        assert asked([a_case("a")], idle, busy) == [("a", "busy")]

    def test_measures_load_by_the_room_that_there_is(self) -> None:
        small, large = a_candidate("small", load=1, capacity=2), a_candidate("large", load=2)

        assert asked([a_case("a")], small, large) == [("a", "large")]

    def test_deals_first_with_what_breaks_first(self) -> None:
        one_place = a_candidate("mara", load=4)

        assert asked([a_case("late", due=9), a_case("soon", due=1)], one_place) == [
            ("soon", "mara")
        ]

    @pytest.mark.covers("RT-20", "OW-2")
    def test_asks_the_second_owner_when_the_first_has_no_room(self) -> None:
        first = a_candidate("first", load=5)
        second = a_candidate("second", load=4, teams=("seller_care",))

        [choice] = choose_offers([a_case("a")], [first, second])

        assert choice == Choice(case_id="a", member="second", reason="cover")

    def test_leaves_the_second_owner_alone_while_the_first_has_room(self) -> None:
        first = a_candidate("first", load=4)
        second = a_candidate("second", teams=("seller_care",))

        assert asked([a_case("a")], first, second) == [("a", "first")]

    def test_asks_the_delegate_first(self) -> None:
        free, delegate = a_candidate("free"), a_candidate("standin", load=4)

        [choice] = choose_offers([a_case("a", delegate="standin")], [free, delegate])

        assert choice == Choice(case_id="a", member="standin", reason="cover")

    def test_asks_a_delegate_of_the_second_owner_before_the_first_owner(self) -> None:
        free, delegate = a_candidate("free"), a_candidate("standin", teams=("seller_care",))

        [choice] = choose_offers([a_case("a", delegate="standin")], [free, delegate])

        assert choice == Choice(case_id="a", member="standin", reason="cover")

    def test_asks_a_delegate_only_for_what_they_can_work(self) -> None:
        free, delegate = a_candidate("free"), a_candidate("standin", skills=())

        assert asked([a_case("a", delegate="standin")], free, delegate) == [("a", "free")]

    def test_asks_nobody_twice(self) -> None:
        case = a_case("a", refused_by=frozenset({"mara"}))

        assert asked([case], a_candidate("mara")) == []
        assert asked([case], a_candidate("mara"), a_candidate("jonas")) == [("a", "jonas")]

    @pytest.mark.covers("IN-10")
    def test_knows_of_no_channel(self) -> None:
        assert not [one.name for one in fields(Waiting) if "channel" in one.name]


def words(of: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(of), unique=True, max_size=2).map(tuple)


CANDIDATES = st.lists(
    st.builds(
        lambda name, load, capacity, teams, skills: a_candidate(
            f"m{name}", load=min(load, capacity), capacity=capacity, teams=teams, skills=skills
        ),
        st.integers(0, 99),
        st.integers(0, 6),
        st.integers(0, 6),
        words(TEAMS),
        words(SKILLS),
    ),
    unique_by=lambda one: one.member.member,
    max_size=6,
)
CASES = st.lists(
    st.builds(
        lambda name, due, teams, skills, refused: a_case(
            f"c{name}", due=due, teams=teams, skills=skills, refused_by=frozenset(refused)
        ),
        st.integers(0, 999),
        st.integers(0, 9),
        words(TEAMS),
        words(SKILLS),
        st.lists(st.integers(0, 99).map(lambda n: f"m{n}"), max_size=2),
    ),
    unique_by=lambda one: one.case_id,
    max_size=15,
)


def could_take(case: Waiting, one: Candidate, *, load: int) -> bool:
    work = Work(
        marketplace=case.marketplace,
        teams=case.teams,
        skills=case.skills,
        clearance=case.clearance,
    )
    refused = one.member.member in case.refused_by
    return not refused and not what_member_lacks(one.member, work, load=load)


class TestLaws:
    @given(CASES, CANDIDATES)
    def test_nobody_is_above_their_capacity(
        self, waiting: list[Waiting], candidates: list[Candidate]
    ) -> None:
        given_to = Counter(one.member for one in choose_offers(waiting, candidates))

        for one in candidates:
            assert one.load + given_to[one.member.member] <= one.member.capacity

    @given(CASES, CANDIDATES)
    def test_a_case_is_offered_once_and_to_whoever_may_work_it(
        self, waiting: list[Waiting], candidates: list[Candidate]
    ) -> None:
        choices = choose_offers(waiting, candidates)

        cases = {one.case_id: one for one in waiting}
        people = {one.member.member: one for one in candidates}
        assert len({one.case_id for one in choices}) == len(choices)
        assert all(could_take(cases[c.case_id], people[c.member], load=-1) for c in choices)

    @given(CASES, CANDIDATES)
    def test_who_waits_in_vain_had_only_people_full_of_what_is_more_urgent(
        self, waiting: list[Waiting], candidates: list[Candidate]
    ) -> None:
        choices = choose_offers(waiting, candidates)

        cases = {one.case_id: one for one in waiting}
        chosen = {one.case_id for one in choices}
        for left in (one for one in waiting if one.case_id not in chosen):
            sooner = Counter(
                choice.member
                for choice in choices
                if (cases[choice.case_id].due_at, choice.case_id) < (left.due_at, left.case_id)
            )
            for one in candidates:
                load = one.load + sooner[one.member.member]
                assert not could_take(left, one, load=load)

    @given(st.integers(0, 40), st.integers(1, 6))
    def test_equals_get_equally_much(self, count: int, people: int) -> None:
        candidates = [a_candidate(f"m{n}", capacity=10) for n in range(people)]
        waiting = [a_case(f"c{n:02}") for n in range(count)]

        loads = Counter(one.member for one in choose_offers(waiting, candidates))

        each = [loads[one.member.member] for one in candidates]
        assert max(each) - min(each) <= 1

    @given(CASES, CANDIDATES)
    def test_the_order_of_asking_changes_nothing(
        self, waiting: list[Waiting], candidates: list[Candidate]
    ) -> None:
        turned = choose_offers(waiting[::-1], candidates[::-1])

        assert turned == choose_offers(waiting, candidates)


class TestCrewOf:
    def test_names_who_can_and_has_room(self) -> None:
        kind = Kind(
            marketplace="harbour", queue="verification", skills=("verification",), clearance=()
        )
        owned = Owned(teams=("verification",))
        fitting, full = a_candidate("fitting"), a_candidate("full", load=5)
        strange, unskilled = (
            a_candidate("strange", teams=("finance",)),
            a_candidate("un", skills=()),
        )

        crew = crew_of(kind, owned, (fitting, full, strange, unskilled))

        assert crew == ("fitting",)

    def test_asks_for_the_clearance_of_the_queue_besides_that_of_the_case(self) -> None:
        kind = Kind(marketplace="harbour", queue="verification", skills=(), clearance=())
        owned = Owned(teams=("verification",), clearance=("identity",))
        cleared = a_candidate("cleared", skills=(), clearances=("identity",))

        assert crew_of(kind, owned, (a_candidate("other"), cleared)) == ("cleared",)

    def test_asks_for_the_clearance_of_the_case_where_its_queue_asks_for_none(self) -> None:
        kind = Kind(marketplace="harbour", queue="verification", skills=(), clearance=("bank",))
        owned = Owned(teams=("verification",))
        cleared = a_candidate("cleared", clearances=("bank",))

        assert crew_of(kind, owned, (a_candidate("other"), cleared)) == ("cleared",)
