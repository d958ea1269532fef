"""A case that is on file already."""

from intake.domain.filing import AlreadyFiled


class TestAlreadyFiled:
    def test_shows_which_case_it_is(self) -> None:
        assert AlreadyFiled("case_1").public == {"existing": "case_1"}
