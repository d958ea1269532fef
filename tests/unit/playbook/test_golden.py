import pytest

from playbook.golden import run
from playbook.model import Playbook


class TestGoldenCases:
    @pytest.mark.covers("RT-17", "SC-18")
    def test_are_decided_as_the_playbook_says(self, playbook: Playbook) -> None:
        results = run(playbook)

        assert {result.name: result.differences for result in results} == {
            result.name: () for result in results
        }
        assert "e1_ceramics" in {result.name for result in results}

    def test_tell_every_difference(self, playbook: Playbook) -> None:
        example = next(one for one in playbook.golden if one.name == "e1_ceramics")
        expect = example.expect.model_copy(update={"queue": "triage"})
        changed = playbook.model_copy(
            update={
                "golden": (example.model_copy(update={"expect": expect}),),
                "golden_sets": (),
            }
        )

        (result,) = run(changed)

        assert result.differences == ("queue: expected triage, found verification",)
