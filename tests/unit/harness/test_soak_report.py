import pytest

from harness.anomalies import Anomaly, Name
from harness.dump import Dump
from harness.facts import Rest, Written
from harness.history import Operation, Result
from harness.nemesis import Fault
from harness.soak_report import Verdict, written


def verdict(*anomalies: Anomaly) -> Verdict:
    opened = Written(
        service="intake",
        id=1,
        event_id="e1",
        topic="cases.v1",
        subject="case_1",
        sequence=1,
        type="case.opened.v1",
    )
    filed = Operation(op="file_case", key="k", invoked=1.0, result=Result.OK)
    lost = Operation(op="file_case", key="l", invoked=1.0)
    return Verdict(
        seed=7,
        loaded_for=120.0,
        replicas=2,
        rate=1.5,
        faults=(
            Fault(kind="kill", target="router-2", at=1.0, seconds=0.0),
            Fault(kind="kill", target="postgres", at=2.0, seconds=0.0),
        ),
        dump=Dump(rest=Rest(seconds=3.0), history=(filed, lost), written=(opened,)),
        anomalies=anomalies,
    )


class TestWritten:
    @pytest.mark.parametrize(
        "line",
        [
            "# Soak, seed 7",
            "2.0 minutes of load, 2 replicas of each service, 1.5 cases begun a second.",
            "| file_case | 1 | 0 | 1 |",
            "| kill | 2 | router-2, postgres |",
            "| cases | 1 |",
            "None.",
        ],
    )
    def test_tells_what_was_done_and_found(self, line: str) -> None:
        assert line in written(verdict()).splitlines()

    def test_names_each_anomaly_with_what_shows_it(self) -> None:
        anomaly = Anomaly(
            name=Name.LOST_WRITE, invariant="I1", about="file_case k", says="there is no case"
        )

        report = written(verdict(anomaly))

        assert "### lost-write: 1" in report
        assert "lost-write (I1) file_case k: there is no case" in report
