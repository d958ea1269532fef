import json
from base64 import b64encode

from harness.monitor import Monitor, note_of

NOTE = "log/0\n7\ncm9vdA==\n\n— log/0 AAAA\n"


class TestMonitor:
    def test_keeps_each_head_once_for_each_source(self) -> None:
        monitor = Monitor()

        for source in ("http", "http", "kafka"):
            monitor.see(source, NOTE)

        assert [(one.source, one.origin, one.size, one.root) for one in monitor.seen] == [
            ("http", "log/0", 7, "cm9vdA=="),
            ("kafka", "log/0", 7, "cm9vdA=="),
        ]

    def test_keeps_two_roots_of_one_size(self) -> None:
        monitor = Monitor()

        monitor.see("http", NOTE)
        monitor.see("http", NOTE.replace("cm9vdA==", "b3RoZXI="))

        assert len(monitor.seen) == 2

    def test_keeps_nothing_that_is_no_note(self) -> None:
        monitor = Monitor()

        monitor.see("http", "no note")

        assert monitor.seen == []


class TestNoteOf:
    def test_takes_the_note_out_of_a_record(self) -> None:
        assert note_of(json.dumps({"note": b64encode(NOTE.encode()).decode()}).encode()) == NOTE

    def test_finds_none_in_garbage(self) -> None:
        assert note_of(b"\xff") == note_of(b"[]") == note_of(b'{"note": 1}') == ""
