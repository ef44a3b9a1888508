"""A proxy before the storage emulator that injects faults."""

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Self, TypeVar

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web
from multidict import CIMultiDict
from yarl import URL

from chaos.faults import Fault, FaultPlan
from devhost.stack.processes import free_port

T = TypeVar("T")

# A blob's name may have 1,024 characters, of up to twelve bytes each in a URL.
_LONGEST_LINE = 2**16
_LARGEST_BODY = 256 * 2**20
_WITHIN = re.compile(rb"^(?:POST|PUT|PATCH|MERGE|DELETE|GET) \S*?(/[^/\s]+) HTTP", re.MULTILINE)
_HOP_BY_HOP = ("Connection", "Keep-Alive", "Transfer-Encoding")
# What a request is signed with must arrive as it was sent, and nothing beside it.
_NOT_OURS_TO_ADD = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class FaultProxy:
    """Forwards to one port of the loopback interface for each service; a context manager.

    It serves in a thread of its own. Where it listens stays the same from start to stop.

    Attributes:
        ports: Where it listens, by service.
        is_on: Whether it injects faults; it only forwards otherwise.
        plan: What decides about each request.
    """

    def __init__(self, targets: Mapping[str, int], plan: FaultPlan, *, is_on: bool = True) -> None:
        """Takes the storage's ports by service, and the plan of faults."""
        self._targets = dict(targets)
        self.plan = plan
        self.is_on = is_on
        self.ports = {service: free_port() for service in targets}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy")
        self._runners: list[web.AppRunner] = []
        self._session: ClientSession | None = None

    @property
    def counts(self) -> Counter[Fault]:
        """Number of faults that were injected so far, by kind."""
        return Counter(self.plan.counts)

    def start(self) -> Self:
        """Starts to listen.

        Raises:
            OSError: A port is taken.
        """
        self._thread.start()
        try:
            self._call(self._serve())
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stops to listen, and drops what is under way."""
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _serve(self) -> None:
        self._session = ClientSession(
            # Each request on a connection of its own: a kept one may end just as it is used again.
            connector=TCPConnector(limit=0, force_close=True),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            timeout=ClientTimeout(total=120),
        )
        for service, target in self._targets.items():
            application = web.Application(client_max_size=_LARGEST_BODY)
            forward = partial(self._handle, f"http://127.0.0.1:{target}")
            application.router.add_route("*", "/{path:.*}", forward)
            runner = web.AppRunner(
                application, access_log=None, shutdown_timeout=0.1, max_line_size=_LONGEST_LINE
            )
            self._runners.append(runner)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", self.ports[service]).start()

    async def _close(self) -> None:
        for runner in self._runners:
            await runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def _handle(self, target: str, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        fault = self.plan.next(_described(request, body)) if self.is_on else None
        forward = partial(self._forward, target, request, body)
        try:
            return await self._answer(fault, request, forward)
        except (ClientError, OSError, TimeoutError):
            # As if the proxy were not there: nobody answers.
            return _hang_up(request)

    async def _answer(
        self,
        fault: Fault | None,
        request: web.Request,
        forward: Callable[[], Awaitable[web.Response]],
    ) -> web.StreamResponse:
        if fault is Fault.ERROR:
            return _failure(500, "InternalError")
        if fault is Fault.BUSY:
            asked = {"Retry-After": "1"} if self.plan.between(0, 1) < 0.5 else {}
            return _failure(503, "ServerBusy", asked)
        if fault is Fault.DROPPED:
            return _hang_up(request)
        if fault is Fault.DELAY:
            await asyncio.sleep(self.plan.between(0.05, 1.0))
        return await self._spoil(fault, request, await forward())

    async def _spoil(
        self, fault: Fault | None, request: web.Request, answer: web.Response
    ) -> web.StreamResponse:
        """Does to an answer what is to happen after the request was carried out."""
        if fault is Fault.LOST_ANSWER:
            return _hang_up(request)
        if fault is Fault.FALSE_ERROR:
            return _failure(500, "OperationTimedOut")
        if fault is Fault.TRUNCATED:
            return await _truncate(request, answer, self.plan.between(0, 1))
        if fault is Fault.SLOW:
            return await _trickle(request, answer, self.plan.between(0.1, 1.0))
        return answer

    async def _forward(self, target: str, request: web.Request, body: bytes) -> web.Response:
        if self._session is None:
            raise OSError("the proxy has stopped")
        headers = _passed_on(request.headers)
        # The signature of a request covers its path, but neither the host nor the port.
        url = URL(target + request.raw_path, encoded=True)
        async with self._session.request(
            request.method,
            url,
            data=body or None,
            headers=headers,
            allow_redirects=False,
            skip_auto_headers=_NOT_OURS_TO_ADD,
        ) as answer:
            content = await answer.read()
            response = web.Response(status=answer.status, reason=answer.reason, body=content)
            response.headers.update(_passed_on(answer.headers))
            if request.method == "HEAD":
                response.headers["Content-Length"] = answer.headers.get("Content-Length", "0")
            return response


def _described(request: web.Request, body: bytes) -> str:
    """Method and path of a request, and the first address within one that has several."""
    within = _WITHIN.search(body) if request.path.endswith("/$batch") else None
    addressed = f" {within[1].decode()}" if within else ""
    return f"{request.method} {request.raw_path}{addressed}"


def _passed_on(headers: Mapping[str, str]) -> CIMultiDict[str]:
    passed = CIMultiDict(headers)
    for name in _HOP_BY_HOP:
        passed.popall(name, None)
    return passed


def _failure(status: int, code: str, headers: Mapping[str, str] | None = None) -> web.Response:
    text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>injected</Message></Error>"
    return web.Response(
        status=status,
        text=text,
        content_type="application/xml",
        headers={"x-ms-error-code": code, **(headers or {})},
    )


def _hang_up(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=502)


async def _begin(request: web.Request, answer: web.Response) -> tuple[web.StreamResponse, bytes]:
    started = web.StreamResponse(status=answer.status, reason=answer.reason, headers=answer.headers)
    content = answer.body if isinstance(answer.body, bytes) else b""
    started.content_length = len(content)
    await started.prepare(request)
    return started, content


async def _truncate(request: web.Request, answer: web.Response, share: float) -> web.StreamResponse:
    if request.method == "HEAD" or not answer.body:
        return _hang_up(request)
    started, content = await _begin(request, answer)
    await started.write(content[: int(len(content) * share)])
    return _hang_up(request)


async def _trickle(
    request: web.Request, answer: web.Response, seconds: float
) -> web.StreamResponse:
    if request.method == "HEAD" or not answer.body:
        await asyncio.sleep(seconds)
        return answer
    started, content = await _begin(request, answer)
    pieces = 5
    size = -(-len(content) // pieces)
    for start in range(0, len(content), size):
        await started.write(content[start : start + size])
        await asyncio.sleep(seconds / pieces)
    await started.write_eof()
    return started
