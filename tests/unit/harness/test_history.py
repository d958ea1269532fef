from pathlib import Path

from harness.history import History, Result, read_history


class TestHistory:
    def test_keeps_an_operation_that_never_ended_as_one_of_which_nobody_can_tell(self) -> None:
        history = History()

        history.invoke("file_case", "k1", service="intake")

        [operation] = history.operations
        assert (operation.result, operation.completed) == (Result.INFO, None)

    def test_knows_what_an_operation_came_to(self) -> None:
        history = History()
        history.invoke("file_case", "k1")

        history.complete("k1", Result.OK, status=201, subject="case_1", facts={"opens": True})

        [operation] = history.operations
        assert (operation.op, operation.status, operation.subject) == ("file_case", 201, "case_1")
        assert operation.completed is not None
        assert operation.invoked <= operation.completed

    def test_is_read_back_as_far_as_it_was_written(self, tmp_path: Path) -> None:
        path = tmp_path / "history.jsonl"
        history = History(path)
        history.invoke("file_case", "k1")
        history.invoke("claim", "k2", subject="case_1")
        history.complete("k1", Result.FAIL, status=422)
        history.close()

        found = read_history(iter(path.read_text().splitlines()))

        assert found == list(history.operations)
        assert [one.result for one in found] == [Result.FAIL, Result.INFO]
