"""A service and its blob storage in this process, with the shapes of docs/api.md."""

import base64
import json
import os
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PAGE = 2
ASSETS = "models|environments|data"
PLACES = "datastores|computes"
ATTACHED = "schedules|webhooks"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class RefusedError(Exception):
    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"code": code, "message": message, "target": None, "details": [], **more}


def make_job(name: str, status: str = "Queued", scored: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "endpoint": "mybatchedp",
        "deployment": "first",
        "status": status,
        "error": None,
        "output": {"file_name": "predictions.csv", "uri": "azureml://datastores/d/paths/p"},
        "counts": {
            "files": {"total": 4, "scored": scored, "failed": 0},
            "mini_batches": {"total": 2, "done": 0, "failed": 0, "retried": 0},
            "rows": scored * 10,
            "planning_complete": True,
        },
        "timing": {"elapsed_seconds": 3.25},
        "rate": {"rows_per_second": 12.5},
        "estimated_seconds_left": None,
        "first_errors": [],
        "interactionEndpoints": {"Studio": {"endpoint": "http://studio.test/jobs/" + name}},
        **more,
    }


@dataclass
class FakeService:
    """`disturb` maps 'METHOD /path' to what goes wrong next: a status, 'drop' or 'cut'.

    `builds` is what becomes of each deployment that is made: its state, reason and log.
    """

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    jobs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    outputs: list[dict[str, Any]] = field(default_factory=list)
    logs: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    registered: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    attached: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)
    uploads: list[str] = field(default_factory=list)
    blobs: dict[str, bytes] = field(default_factory=dict)
    issued: list[str] = field(default_factory=list)
    blocks: dict[str, bytes] = field(default_factory=dict)
    disturb: dict[str, list[Any]] = field(default_factory=dict)
    refuse: dict[str, RefusedError] = field(default_factory=dict)
    builds: tuple[str, str | None, list[str]] | None = None
    looks: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def sent(self, method: str, path: str) -> list[Request]:
        return [item for item in self.requests if (item.method, item.path) == (method, path)]

    def add_output(self, name: str, data: bytes, kind: str = "output") -> None:
        self.blobs[f"/blob/out/{name}"] = data
        url = f"{self.url}/blob/out/{name}?sig=secret"
        self.outputs.append({"name": name, "kind": kind, "size": len(data), "url": url})

    def add_record(
        self, number: int, rows: str, *, columns: Any = ("a", "b"), failed: Any = (), **files: str
    ) -> None:
        """Adds the record of a mini-batch of two files."""
        counts = {"files": 2, "failed": len(failed), "rows": rows.count("\n"), "attempts": 1}
        details = {"columns": columns, "failures": failed, "written": []}
        data = f"{json.dumps(counts):<255}\n{json.dumps(details)}\n{rows}".encode()
        named = {f"/blob/records/{number}": data}
        named |= {f"/blob/files/{name}": text.encode() for name, text in files.items()}
        self.blobs |= named
        urls = [f"{self.url}{place}?sig=secret" for place in named]
        if number % 2:
            # As the service hands out small records.
            held = base64.b64encode(data).decode()
            urls[0] = f"data:application/octet-stream;base64,{held}"
        listed = [{"name": n, "url": url} for n, url in zip(files, urls[1:], strict=True)]
        self.records.append(
            {"mini_batch": number, "size": len(data), "url": urls[0], "files": listed}
        )

    def issue(self, request: Request) -> tuple[int, Any, dict[str, str]]:
        form = {key: values[0] for key, values in parse_qs(request.body.decode()).items()}
        assert form["client_secret"] == "s3cret"
        assert form["scope"] == "api://fake/.default"
        self.issued.append(f"token-{len(self.issued)}")
        return 200, {"access_token": self.issued[-1], "expires_in": 3600}, {}

    def answer(self, request: Request) -> tuple[int, Any, dict[str, str]]:
        if request.headers.get("authorization") not in [f"Bearer {one}" for one in self.issued]:
            raise RefusedError(401, "Unauthenticated", "sign in first")
        key = f"{request.method} {request.path}"
        if key in self.refuse:
            raise self.refuse[key]
        for pattern, handle in self._routes().items():
            match = re.fullmatch(pattern, key)
            if match:
                return handle(request, *match.groups())
        return 404, None, {}

    def _routes(self) -> dict[str, Any]:
        return {
            r"GET /api/endpoints": lambda r: self._page(r, list(self.endpoints.values())),
            r"POST /api/endpoints": self._create_endpoint,
            r"GET /api/endpoints/([^/]+)": lambda r, n: (200, self._endpoint(n), {"ETag": '"1"'}),
            r"PATCH /api/endpoints/([^/]+)": self._patch,
            r"DELETE /api/endpoints/([^/]+)": self._delete,
            r"GET /api/endpoints/([^/]+)/deployments": lambda r, n: self._page(
                r, self._endpoint(n)["deployments"]
            ),
            r"POST /api/endpoints/([^/]+)/deployments": self._add_deployment,
            r"PATCH /api/endpoints/([^/]+)/deployments/([^/]+)": self._patch_deployment,
            r"GET /api/endpoints/([^/]+)/deployments/([^/]+)": lambda r, n, d: (
                200,
                self._deployment(n, d),
                {},
            ),
            r"GET /api/endpoints/([^/]+)/deployments/([^/]+)/build-log": self._build_log,
            rf"GET /api/endpoints/([^/]+)/({ATTACHED})": lambda r, n, k: self._page(
                r, [item for place, item in self.attached.items() if place[:2] == (n, k)]
            ),
            rf"PUT /api/endpoints/([^/]+)/({ATTACHED})/([^/]+)": self._attach,
            rf"GET /api/endpoints/([^/]+)/({ATTACHED})/([^/]+)": lambda r, *place: (
                200,
                self._attached(place),
                {},
            ),
            rf"POST /api/endpoints/([^/]+)/({ATTACHED})/([^/]+)/(pause|resume)": self._pause,
            rf"DELETE /api/endpoints/([^/]+)/({ATTACHED})/([^/]+)": self._detach,
            r"POST /api/uploads": self._upload,
            r"POST /api/endpoints/([^/]+)/jobs": self._invoke,
            r"GET /api/endpoints/([^/]+)/jobs": lambda r, n: self._page(r, self._jobs()),
            r"GET /api/jobs": lambda r: self._page(r, self._jobs()),
            r"GET /api/jobs/([^/]+)": self._job,
            r"GET /api/jobs/([^/]+)/outputs": lambda r, n: self._page(r, self.outputs),
            r"GET /api/jobs/([^/]+)/logs": self._logs,
            r"GET /api/jobs/([^/]+)/events": lambda r, n: self._page(r, self.events),
            r"GET /api/jobs/([^/]+)/records": lambda r, n: self._page(r, self.records),
            r"POST /api/jobs/([^/]+)/cancel": self._cancel,
            r"DELETE /api/jobs/([^/]+)": self._delete_job,
            rf"GET /api/({ASSETS}|{PLACES})": lambda r, k: self._page(r, self._all(k)),
            rf"POST /api/({ASSETS}|{PLACES})": self._register,
            rf"GET /api/({ASSETS})/([^/]+)/versions": lambda r, k, n: self._page(
                r, self._named(k, n)
            ),
            rf"GET /api/({ASSETS})/([^/]+)/versions/([^/]+)": lambda r, k, n, v: (
                200,
                self._version(k, n, v),
                {},
            ),
            rf"DELETE /api/({ASSETS})/([^/]+)/versions/([^/]+)": self._unregister,
            rf"GET /api/({PLACES})/([^/]+)": lambda r, k, n: (200, self._named(k, n)[0], {}),
            rf"DELETE /api/({PLACES})/([^/]+)": self._unregister,
        }

    def _page(self, request: Request, items: list[Any]) -> tuple[int, Any, dict[str, str]]:
        start = int(request.query.get("continuation", 0))
        more = start + PAGE < len(items)
        link = f"{self.url}{request.path}?continuation={start + PAGE}" if more else None
        return 200, {"value": items[start : start + PAGE], "nextLink": link}, {}

    def _endpoint(self, name: str) -> dict[str, Any]:
        if name not in self.endpoints:
            raise RefusedError(404, "NotFound", f"there is no endpoint '{name}'", target="endpoint")
        return self.endpoints[name]

    def _create_endpoint(self, request: Request) -> tuple[int, Any, dict[str, str]]:
        document = request.json
        if document["name"] in self.endpoints:
            raise RefusedError(409, "Conflict", f"the endpoint '{document['name']}' exists")
        uri = f"{self.url}/api/endpoints/{document['name']}/jobs"
        shown = {"tags": {}, "traffic": {}, "deployments": [], **document, "scoring_uri": uri}
        for deployment in shown["deployments"]:
            self._begin_build(deployment)
        self.endpoints[document["name"]] = shown
        return 201, shown, {}

    def _patch(self, request: Request, name: str) -> tuple[int, Any, dict[str, str]]:
        self._endpoint(name).update(request.json)
        return 200, self._endpoint(name), {}

    def _delete(self, request: Request, name: str) -> tuple[int, Any, dict[str, str]]:
        self._endpoint(name)
        del self.endpoints[name]
        return 204, None, {}

    def _add_deployment(self, request: Request, name: str) -> tuple[int, Any, dict[str, str]]:
        deployment = request.json
        self._begin_build(deployment)
        self._endpoint(name)["deployments"].append(deployment)
        return 201, deployment, {}

    def _patch_deployment(
        self, request: Request, endpoint: str, name: str
    ) -> tuple[int, Any, dict[str, str]]:
        found = self._deployment(endpoint, name)
        found.update(request.json)
        self._begin_build(found)
        return 200, found, {}

    def _deployment(self, endpoint: str, name: str) -> dict[str, Any]:
        found = [item for item in self._endpoint(endpoint)["deployments"] if item["name"] == name]
        return found[0]

    def _attach(self, request: Request, *place: str) -> tuple[int, Any, dict[str, str]]:
        self.attached[place] = request.json
        return 201, request.json, {}

    def _attached(self, place: tuple[str, ...]) -> dict[str, Any]:
        if place not in self.attached:
            kind = place[1].removesuffix("s")
            raise RefusedError(404, "NotFound", f"there is no {kind} '{place[2]}'")
        return self.attached[place]

    def _pause(self, request: Request, *place: str) -> tuple[int, Any, dict[str, str]]:
        *where, action = place
        self._attached(tuple(where))["is_paused"] = action == "pause"
        return 200, self._attached(tuple(where)), {}

    def _detach(self, request: Request, *place: str) -> tuple[int, Any, dict[str, str]]:
        self._attached(place)
        del self.attached[place]
        return 204, None, {}

    def _begin_build(self, deployment: dict[str, Any]) -> None:
        if self.builds:
            deployment["provisioning_state"] = "Creating"

    def _build_log(
        self, request: Request, endpoint: str, name: str
    ) -> tuple[int, Any, dict[str, str]]:
        """Each look finds one line more, and the prepared state after the last."""
        deployment = self._deployment(endpoint, name)
        state, error, lines = self.builds or ("Succeeded", None, [])
        self.looks += 1
        if self.looks > len(lines):
            deployment["provisioning_state"] = state
        text = "".join(f"{line}\n" for line in lines[: self.looks])
        shown = {"provisioning_state": deployment.get("provisioning_state", state)}
        return (
            200,
            {
                "endpoint": endpoint,
                "deployment": name,
                **shown,
                "provisioning_error": error,
                "text": text,
            },
            {},
        )

    def _all(self, kind: str) -> list[Any]:
        return list({item["name"]: item for item in self.registered.get(kind, [])}.values())

    def _named(self, kind: str, name: str) -> list[Any]:
        found = [item for item in self.registered.get(kind, []) if item["name"] == name]
        if not found:
            raise RefusedError(404, "NotFound", f"there is no '{name}' in {kind}")
        return found[::-1]

    def _version(self, kind: str, name: str, version: str) -> Any:
        versions = self._named(kind, name)
        if version == "latest":
            return versions[0]
        return next(item for item in versions if item["version"] == version)

    def _register(self, request: Request, kind: str) -> tuple[int, Any, dict[str, str]]:
        items = self.registered.setdefault(kind, [])
        document = request.json
        if kind in ASSETS.split("|"):
            count = sum(item["name"] == document["name"] for item in items)
            document = {**document, "version": str(document.get("version", count + 1))}
        items.append(document)
        return 201, document, {}

    def _unregister(self, request: Request, *place: str) -> tuple[int, Any, dict[str, str]]:
        kind, name, *version = place
        item = self._version(kind, name, *version) if version else self._named(kind, name)[0]
        self.registered[kind].remove(item)
        return 204, None, {}

    def _upload(self, request: Request) -> tuple[int, Any, dict[str, str]]:
        content = request.json["upload_id"]
        if content not in self.uploads:
            self.uploads.append(content)
        # A short name for a long hash, in the order in which uploads begin.
        upload = f"u{self.uploads.index(content) + 1}"
        slots = [self._slot(upload, item) for item in request.json["files"]]
        uri = f"azureml://datastores/workspaceblobstore/paths/LocalUpload/{upload}"
        return 201, {"upload_id": content, "uri": uri, "files": slots, "expires_at": "…"}, {}

    def _slot(self, upload: str, item: dict[str, Any]) -> dict[str, Any]:
        place = f"/blob/{upload}/{item['path']}"
        there = place in self.blobs and len(self.blobs[place]) == item["size"]
        return {
            "path": item["path"],
            "url": None if there else f"{self.url}{place}?sig=secret",
            "method": "PUT",
            "headers": {"x-ms-blob-type": "BlockBlob"},
        }

    def _invoke(self, request: Request, name: str) -> tuple[int, Any, dict[str, str]]:
        key = request.headers["idempotency-key"]
        if key not in self.keys:
            job = request.json.get("name") or f"job-{len(self.jobs)}"
            self.keys[key] = job
            self.jobs[job] = [make_job(job)]
        return 201, self.jobs[self.keys[key]][0], {}

    def _logs(self, request: Request, name: str) -> tuple[int, Any, dict[str, str]]:
        since = request.query.get("since", "")
        entries = [entry for entry in self.logs if entry["written_at"] >= since]
        return 200, {"value": entries, "nextLink": None}, {}

    def _cancel(self, request: Request, name: str) -> tuple[int, Any, dict[str, str]]:
        _, job, _ = self._job(request, name)
        return 202, {**job, "status": "CancelRequested"}, {}

    def _delete_job(self, request: Request, name: str) -> tuple[int, Any, dict[str, str]]:
        self._job(request, name)
        del self.jobs[name]
        return 204, None, {}

    def _jobs(self) -> list[Any]:
        return [states[0] for states in self.jobs.values()]

    def _job(self, request: Request, name: str) -> tuple[int, Any, dict[str, str]]:
        if name not in self.jobs:
            raise RefusedError(404, "NotFound", f"there is no job '{name}'")
        states = self.jobs[name]
        return 200, states.pop(0) if len(states) > 1 else states[0], {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: FakeService

    def log_message(self, *args: Any) -> None:
        pass

    def handle_request(self) -> None:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        headers = {key.lower(): value for key, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        request = Request(self.command, unquote(parts.path), query, headers, body)
        if request.path == "/issuer/token":
            status, answer, more = self.service.issue(request)
            self._send(status, json.dumps(answer).encode(), more)
            return
        with self.service.lock:
            self.service.requests.append(request)
            troubles = self.service.disturb.get(f"{request.method} {request.path}", [])
            trouble = troubles.pop(0) if troubles else None
        if isinstance(trouble, int):
            self._send(trouble, b"", {"x-ms-error-code": "ServerBusy"})
        elif request.path.startswith("/blob/"):
            self._blob(request, trouble)
        else:
            self._api(request, trouble)

    do_GET = handle_request  # noqa: N815 - the names that http.server calls
    do_POST = do_PUT = do_PATCH = do_DELETE = handle_request  # noqa: N815

    def _api(self, request: Request, trouble: Any) -> None:
        with self.service.lock:
            try:
                status, value, headers = self.service.answer(request)
            except RefusedError as error:
                status, value, headers = error.status, {"error": error.error}, {}
        if trouble == "drop":
            self.close_connection = True
            return
        self._send(status, b"" if value is None else json.dumps(value).encode(), headers)

    def _blob(self, request: Request, trouble: Any) -> None:
        if request.method == "GET":
            self._get_blob(request, trouble)
            return
        with self.service.lock:
            if request.query.get("comp") == "block":
                self.service.blocks[request.query["blockid"]] = request.body
            elif request.query.get("comp") == "blocklist":
                ids = re.findall(r"<Latest>(.+?)</Latest>", request.body.decode())
                data = b"".join(self.service.blocks[item] for item in ids)
                self.service.blobs[request.path] = data
            else:
                self.service.blobs[request.path] = request.body
        self._send(201, b"", {"x-ms-request-server-encrypted": "true"})

    def _get_blob(self, request: Request, trouble: Any) -> None:
        data = self.service.blobs[request.path]
        start = int(request.headers.get("range", "bytes=0-")[6:-1])
        headers = {"ETag": '"v1"'}
        if trouble == "cut":
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("ETag", '"v1"')
            self.end_headers()
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
            return
        self._send(206 if start else 200, data[start:], headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def register(state: Path, service: FakeService) -> None:
    """Registers the service as the local stack would be."""
    folder = state / "batchpoint" / "stacks"
    folder.mkdir(parents=True)
    sign_in = {
        "token_url": f"{service.url}/issuer/token",
        "client_id": "cli",
        "client_secret": "s3cret",
        "scope": "api://fake/.default",
    }
    entry = {
        "url": service.url,
        "pid": os.getpid(),
        "started_at": "2026-01-01T00:00:00+00:00",
        "sign_in": sign_in,
    }
    (folder / "fake.json").write_text(json.dumps(entry))


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


def serve(service: FakeService) -> Server:
    server = Server(("127.0.0.1", 0), type("Bound", (Handler,), {"service": service}))
    service.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    return server
