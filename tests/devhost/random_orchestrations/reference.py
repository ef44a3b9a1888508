"""Runs a program as plain Python, one step after another."""

from collections import Counter
from typing import Any

from tests.devhost.random_orchestrations.programs import Program, Step


class FailedError(Exception):
    """A step that the program does not catch has failed."""


class Reference:
    """The calls of one run so far, and what they lead to."""

    def __init__(self) -> None:
        self._calls: Counter[int] = Counter()

    def run(self, program: Program) -> list[Any]:
        """Gives the results of all steps.

        Raises:
            FailedError: The program has failed.
        """
        results: list[Any] = []
        for step in program["steps"]:
            if step["do"] == "again":
                continue
            try:
                results.append(self._do(step))
            except FailedError:
                if not program["catches"]:
                    raise
                results.append("failed")
        return results

    def _do(self, step: Step) -> Any:
        match step["do"]:
            case "all":
                return self._do_all(step["parts"])
            case "wait":
                return None
            case _:
                return self._try(step, step.get("retry", {}).get("attempts", 1))

    def _do_all(self, parts: list[Step]) -> list[Any]:
        results, failures = [], []
        for part in parts:
            try:
                results.append(self._do(part))
            except FailedError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return results

    def _try(self, step: Step, attempts: int) -> Any:
        try:
            return self.run(step["program"]) if step["do"] == "sub" else self._act(step["work"])
        except FailedError:
            if attempts <= 1:
                raise
            return self._try(step, attempts - 1)

    def _act(self, work: dict[str, int]) -> int:
        self._calls[work["id"]] += 1
        if self._calls[work["id"]] <= work["fail"]:
            raise FailedError
        return work["id"]


def expected(program: Program) -> tuple[str, Any]:
    """Gives the status in which a program's orchestration ends, and its output if it has one."""
    try:
        return "Completed", Reference().run(program)
    except FailedError:
        return "Failed", None
