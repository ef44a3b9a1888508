from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Prints how many inputs the fuzzers have tried, in whatever process."""
    reports = [report for some in terminalreporter.stats.values() for report in some]
    tried = {
        report.nodeid: value
        for report in reports
        for name, value in getattr(report, "user_properties", [])
        if name == "inputs tried"
    }
    for test, value in tried.items():
        terminalreporter.write_line(f"{value:>6} inputs: {test}")
