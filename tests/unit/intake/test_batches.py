"""In which order the cases of a batch are filed."""

from hypothesis import given, strategies as st

from intake.domain.batches import CHUNK, chunks

SUBJECTS = st.lists(st.none() | st.integers(min_value=0, max_value=5), max_size=300)


class TestChunks:
    @given(SUBJECTS)
    def test_hold_every_entry_once_and_no_subject_twice(self, subjects: list[int | None]) -> None:
        parted = [*chunks(zip(subjects, range(len(subjects)), strict=True))]

        assert sorted(entry for chunk in parted for entry in chunk) == [*range(len(subjects))]
        for chunk in parted:
            named = [subjects[entry] for entry in chunk if subjects[entry] is not None]
            assert len(named) == len(set(named))
            assert 0 < len(chunk) <= CHUNK

    @given(SUBJECTS)
    def test_keep_the_order_within_a_subject(self, subjects: list[int | None]) -> None:
        order = [
            entry
            for chunk in chunks(zip(subjects, range(len(subjects)), strict=True))
            for entry in chunk
        ]

        for subject in {one for one in subjects if one is not None}:
            of_it = [entry for entry in order if subjects[entry] == subject]
            assert of_it == sorted(of_it)

    def test_are_as_few_as_can_be(self) -> None:
        assert [len(chunk) for chunk in chunks((None, n) for n in range(120))] == [50, 50, 20]
