import pytest

from stack.broken import StackProblem
from stack.names import checked_base, checked_name


class TestCheckedName:
    @pytest.mark.parametrize("name", ["main", "2nd", "a-b", "a" * 31])
    def test_takes_what_can_be_a_folder(self, name: str) -> None:
        assert checked_name(name) == name

    @pytest.mark.parametrize("name", ["", "-a", "A", "a_b", "../x", "a/b", "a\n", "é", "a" * 32])
    def test_refuses_the_rest_in_one_sentence(self, name: str) -> None:
        with pytest.raises(StackProblem, match=r"^A stack cannot be called .*: NAME is .*\.$"):
            checked_name(name)


class TestCheckedBase:
    @pytest.mark.parametrize("given", ["1024", "20000", "65475"])
    def test_takes_what_leaves_room_for_three_replicas(self, given: str) -> None:
        assert checked_base(given) == int(given)

    @pytest.mark.parametrize("given", ["0", "1023", "65476", "-1", "9" * 5000, "abc", "²", "1e4"])
    def test_refuses_the_rest_in_one_sentence(self, given: str) -> None:
        with pytest.raises(StackProblem, match=r"^PORT_BASE cannot be .* 1024 to 65475, the"):
            checked_base(given)
