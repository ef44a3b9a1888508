"""Log lines of any thread reach the host in the thread of an invocation."""

import asyncio
import logging
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared import invocation_logs
from shared.invocation_logs import carried, in_invocation

NAME = "tested_app"
logger = logging.getLogger(f"{NAME}.room")


class Host(logging.Handler):
    """Notes what arrives, and in which task or thread, as the host's own handler does."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.getMessage(), where()))

    @property
    def messages(self) -> list[str]:
        return [message for message, _ in self.lines]


def where() -> object:
    try:
        return asyncio.current_task() or threading.get_ident()
    except RuntimeError:
        return threading.get_ident()


@pytest.fixture
def host() -> Generator[Host]:
    handler, own = Host(), logging.getLogger(NAME)
    logger.setLevel(logging.INFO)
    logging.getLogger().addHandler(handler)
    invocation_logs.install([NAME])
    invocation_logs.install([NAME])
    in_invocation(lambda: None)()
    handler.lines.clear()
    yield handler
    logging.getLogger().removeHandler(handler)
    own.handlers.clear()
    own.propagate = True


def test_an_invocations_own_lines_arrive_at_once(host: Host) -> None:
    @in_invocation
    def activity(work: str) -> str:
        logger.info("at work on %s", work)
        assert host.messages == ["at work on a"]
        return work.upper()

    assert activity("a") == "A"
    assert host.messages == ["at work on a"]


def test_lines_of_other_threads_arrive_in_the_invocations_task(host: Host) -> None:
    tasks: list[object] = []

    @in_invocation
    async def timer() -> None:
        tasks.append(where())
        await asyncio.to_thread(logger.info, "in a thread")
        logger.info("in the task")

    asyncio.run(timer())
    assert dict(host.lines) == {"in the task": tasks[0], "in a thread": tasks[0]}


def test_lines_at_import_arrive_with_the_next_invocation(host: Host) -> None:
    logger.warning("at import")
    assert host.messages == []
    in_invocation(lambda: logger.info("called"))()
    assert host.messages == ["at import", "called"]


def test_a_pools_thread_logs_for_who_submitted(host: Host) -> None:
    @in_invocation
    def activity() -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(carried(logger.info), ["one", "two"]))

    activity()
    assert sorted(host.lines) == [("one", where()), ("two", where())]


def test_a_thread_of_nobody_logs_with_whatever_ends_next(host: Host) -> None:
    @in_invocation
    def activity() -> None:
        thread = threading.Thread(target=logger.info, args=("of nobody",))
        thread.start()
        thread.join()
        assert host.messages == []

    activity()
    assert host.lines == [("of nobody", where())]


def test_lines_arrive_though_the_invocation_fails(host: Host) -> None:
    @in_invocation
    async def timer() -> None:
        await asyncio.to_thread(logger.error, "went wrong")
        raise ValueError("late")

    with pytest.raises(ValueError, match="late"):
        asyncio.run(timer())
    assert host.messages == ["went wrong"]


def test_invocations_at_once_keep_their_lines_apart(host: Host) -> None:
    @in_invocation
    async def timer(name: str) -> None:
        await asyncio.to_thread(logger.info, name)
        tasks[name] = where()

    async def both() -> None:
        await asyncio.gather(timer("one"), timer("two"))

    tasks: dict[str, object] = {}
    asyncio.run(both())
    assert dict(host.lines) == tasks


def test_a_function_keeps_its_name_and_signature() -> None:
    def score(work: dict[str, str]) -> str:
        """Scores."""
        return str(work)

    wrapped = in_invocation(score)
    assert wrapped.__name__ == "score"
    assert wrapped.__annotations__ == score.__annotations__
