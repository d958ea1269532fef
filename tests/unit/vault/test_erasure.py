"""Two people erase a seller, and only one whom nobody needs any more."""

from datetime import UTC, datetime

import pytest

from vault.domain.erasure import (
    AskedOtherwise,
    CaseStillOpen,
    Erasure,
    LegalHold,
    Step,
    check_free,
    decide_step,
)

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
INES, IVO = "compliance:mem_1", "compliance:mem_2"
ASKED = Erasure(
    marketplace="harbour",
    seller="sel_1",
    key="key_1",
    legal_basis="data_subject_request",
    requested_by=INES,
    requested_at=NOON,
)
DONE = Erasure(
    marketplace="harbour",
    seller="sel_1",
    key="key_1",
    legal_basis="data_subject_request",
    requested_by=INES,
    requested_at=NOON,
    approved_by=IVO,
    erased_at=NOON,
)


class TestDecideStep:
    @pytest.mark.parametrize(
        ("asked", "by", "step"),
        [
            (None, INES, Step.REQUEST),
            (ASKED, INES, Step.WAIT),
            (ASKED, "supervisor:mem_1", Step.WAIT),  # the same person in another role
            (ASKED, IVO, Step.DESTROY),
            (DONE, INES, Step.DONE),
        ],
    )
    def test_takes_two_people(self, asked: Erasure | None, by: str, step: Step) -> None:
        assert decide_step(asked, by=by, legal_basis="data_subject_request") is step

    def test_refuses_to_agree_to_another_basis(self) -> None:
        with pytest.raises(AskedOtherwise) as refused:
            decide_step(ASKED, by=IVO, legal_basis="objection")

        assert refused.value.public == {"legal_basis": "data_subject_request"}


class TestCheckFree:
    def test_names_the_holds_first(self) -> None:
        with pytest.raises(LegalHold) as refused:
            check_free(holds=["hld_2", "hld_1"], open_cases=["case_1"])

        assert refused.value.public == {"hold": "hld_1", "holds": ["hld_1", "hld_2"]}

    def test_names_the_open_cases(self) -> None:
        with pytest.raises(CaseStillOpen) as refused:
            check_free(holds=[], open_cases=["case_1"])

        assert refused.value.public == {"cases": ["case_1"]}
