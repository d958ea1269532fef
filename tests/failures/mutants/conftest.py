"""Prints the table of mutants after their tests."""

from pytest import TerminalReporter  # noqa: PT013 - only a name for a type


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    ran = [
        (dict(report.user_properties)["mutant"], report.outcome)
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, ())
        if "mutant" in dict(getattr(report, "user_properties", ()))
    ]
    if not ran:
        return
    terminalreporter.section("mutants")
    for (name, caught_as, found), outcome in sorted(ran, key=str):
        names = ", ".join(f"{one} {n}" for one, n in sorted(found.items())) or "nothing"
        sign = "caught" if outcome == "passed" else "MISSED"
        terminalreporter.write_line(f"{sign}  {name:42} {caught_as:18} found: {names}")
