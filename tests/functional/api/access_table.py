"""Asks every route with every kind of token, and writes the answers as the table of security.md.

`python -m tests.functional.api.access_table` writes it again; a test compares.
"""

import logging
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from shared.principal import Role
from tests.functional.api.furnishing import furnish, start_job
from tests.functional.api.wsgi import HttpFunction, http_functions
from tests.functional.harness import App
from tests.openapi_runs import NAMED, body_example
from tests.tokens import (
    OTHER_TENANT,
    Issuer,
    encoded,
    public_pem,
    shared_issuer,
    token_of,
)

PAGE = Path(__file__).resolve().parents[3] / "docs" / "security.md"
START, END = "<!-- table: made by scripts/docs -->", "<!-- end of the table -->"
OWNED = {"cancel_job", "resume_job"}
Document = dict[str, Any]


def _old() -> str:
    past = int(time.time()) - 7200
    return shared_issuer().user(Role.CONTRIBUTOR, iat=past, nbf=past, exp=past + 3600)


def _claims() -> Document:
    return jwt.decode(token_of(Role.CONTRIBUTOR), options={"verify_signature": False})


def _unsigned() -> str:
    return f"{encoded({'alg': 'none', 'typ': 'JWT', 'kid': 'one'})}.{encoded(_claims())}."


def _confused() -> str:
    """Signed with the public key, as if that were the secret of HS256."""
    signer = jwt.get_algorithm_by_name("HS256")
    start = f"{encoded({'alg': 'HS256', 'typ': 'JWT', 'kid': 'one'})}.{encoded(_claims())}"
    signature = signer.sign(start.encode(), public_pem("one"))
    return f"{start}.{jwt.utils.base64url_encode(signature).decode()}"


def bad_tokens() -> dict[str, str | None]:
    """One token for each way in which it can be wrong, by what the table calls it."""
    return {
        "no token": None,
        "expired": _old(),
        "wrong audience": shared_issuer().user(
            Role.CONTRIBUTOR, aud="https://management.azure.com"
        ),
        "wrong tenant": Issuer(OTHER_TENANT).user(Role.CONTRIBUTOR),
        "`alg: none`": _unsigned(),
        "key confusion": _confused(),
        "unknown key": shared_issuer().sign(_claims(), "another"),
        "no role": shared_issuer().user(),
    }


@dataclass(frozen=True)
class Row:
    """One request: a function, and whether the job that it is about is the caller's own."""

    function: HttpFunction
    note: str = ""

    @property
    def title(self) -> str:
        return f"`{self.function.method} /api/{self.function.route}`{self.note}"

    def ask(self, app: App, token: str | None) -> int:
        """Sends the request that the API's description has as an example; gives the status."""
        app.token = token
        document = app.openapi
        path = re.sub(r"\{(\w+)\}", lambda found: _named(found[1]), self.function.route)
        return app.call(self.function.method, path, _body(document, self.function.name)).status


def _named(parameter: str) -> str:
    return NAMED.get(f"path.{parameter}", "batch-endpoint.json")


def _body(document: Document, operation: str) -> object:
    for item in document["paths"].values():
        for described in item.values():
            if isinstance(described, dict) and described.get("operationId") == operation:
                body = described.get("requestBody")
                example = (
                    dict(body_example(document, body["$ref"].rpartition("/")[2])) if body else None
                )
                return _another(operation, example)
    raise AssertionError(f"{operation} is not described")


def _another(operation: str, example: Document | None) -> Document | None:
    """Creates only if absent."""
    names = {"create_endpoint": "another", "invoke_endpoint": "another-job"}
    if example is not None and operation in names:
        example["name"] = names[operation]
        example.get("properties", {}).pop("outputDataset", None)
    return example


def rows(app: App) -> Iterator[Row]:
    """All routes, in the order of their registration."""
    for function in http_functions(app):
        if function.name in OWNED:
            yield Row(function, ", one's own job")
            yield Row(function, ", somebody else's job")
        else:
            yield Row(function)


def furnished(folder: Path, row: Row) -> App:
    """An app in which the request can succeed."""
    app = App(folder)
    app.openapi = app.call("GET", "openapi.json").document
    furnish(app, app.openapi)
    name = row.function.name
    if name in OWNED:
        app.call("POST", "endpoints/mybatchedp/jobs", body_example(app.openapi, "Invocation"))
        app.call("POST", "jobs/nightly-1/cancel")
        app.run_jobs()
    else:
        start_job(app, app.openapi)
    if name == "preview_job_output":
        app.run_jobs()
    if name in {"delete_model", "delete_compute", "delete_datastore"}:
        app.call("DELETE", "endpoints/mybatchedp?force=true")
    if name == "delete_deployment":
        app.call("PATCH", "endpoints/mybatchedp", {"traffic": {"autolog_deployment": 0}})
    return app


def answers(app: App, row: Row) -> list[int]:
    """The statuses of one row, on an app in which the request can succeed."""
    found = [row.ask(app, token) for token in bad_tokens().values()]
    user = "user-2" if "else" in row.note else "user-1"
    # Only the last one may do everything, so that those before it leave all as it was, or else
    # answer what a repeated request gets; jobs are made again for who may change them.
    for role in Role:
        if row.function.name in OWNED | {"invoke_endpoint"}:
            app = furnished(app.scratch, row)
        found.append(row.ask(app, token_of(role, user)))
    return found


def table() -> str:
    """The table as Markdown."""
    roles = [role.value.removeprefix("BatchPoint.") for role in Role]
    heads = ["route", *bad_tokens(), *roles]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    with tempfile.TemporaryDirectory() as folder:
        looking: App | None = None
        for row in rows(App(Path(folder))):
            only_looks = row.function.method == "GET" and row.function.name != "preview_job_output"
            app = looking if looking and only_looks else furnished(Path(folder), row)
            looking = app if only_looks else looking
            statuses = [str(status) for status in answers(app, row)]
            lines.append(f"| {' | '.join([row.title, *statuses])} |")
    return "\n".join(lines)


def page(text: str) -> str:
    """A text of security.md with the table of now."""
    before, _, rest = text.partition(START)
    return f"{before}{START}\n\n{table()}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    # The log of refusals would be long.
    logging.disable(logging.CRITICAL)
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
