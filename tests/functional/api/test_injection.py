"""Text of callers becomes no header, no line of a log and no other address."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.functional.harness import App

BREAKS = ["\r\n", "\n", "\r", "\0", "\u2028", "\u0085"]
COOKIE = "Set-Cookie: stolen=1"


def headers_of(answer: Any) -> str:
    return "\n".join(f"{name}: {value}" for name, value in answer.headers.items())


@pytest.mark.parametrize("line_break", BREAKS, ids=ascii)
def test_no_name_becomes_a_header(app: App, line_break: str):
    app.endpoint()
    uri = app.inputs(1)
    bad = f"x{line_break}{COOKIE}"
    answers = [
        app.invoke(uri, job=bad),
        app.invoke(uri, job=f"x{line_break}"),
        app.endpoint(bad),
        app.invoke(uri, outputFileName=bad),
        app.invoke(f"https://data.test/a{line_break}{COOKIE}"),
        app.invoke(f"{uri}/{bad}"),
        app.call("POST", "uploads", {"files": [{"path": bad}]}),
        app.call("POST", "uploads", {"upload_id": bad, "files": [{"path": "a"}]}),
        app.call("POST", "data", {"name": bad, "version": "1", "path": uri}),
        app.call("POST", "computes", {"name": bad, "type": "amlcompute"}),
        app.call("GET", f"jobs/{bad}"),
        app.call("GET", f"jobs?continuation={quote(bad)}"),
    ]
    for number, answer in enumerate(answers):
        assert 400 <= answer.status < 500, (number, answer.document)
        assert "stolen" not in headers_of(answer), number


@pytest.mark.parametrize("line_break", BREAKS, ids=ascii)
def test_headers_of_a_request_stay_out_of_the_answers(app: App, line_break: str):
    app.endpoint()
    bad = f"x{line_break}{COOKIE}"
    body = {"properties": {"dataset": {"dataInputType": "DataUrl", "path": app.inputs(1)}}}
    sent = {"Idempotency_Key": bad, "x_ms_client_request_id": bad}
    made = app.call("POST", "endpoints/taxi/jobs", body, **sent)
    assert made.status == 201
    assert "stolen" not in headers_of(made) + json.dumps(made.document)
    again = app.call("POST", "endpoints/taxi/jobs", body, **sent)
    assert again.document["name"] == made.document["name"]
    other = app.call("POST", "endpoints/taxi/jobs", body, azureml_model_deployment=bad)
    assert other.status in {404, 422}
    assert "stolen" not in headers_of(other)
    etag = app.call("PATCH", "endpoints/taxi", {"tags": {}}, If_Match=bad)
    assert etag.status == 412
    assert "stolen" not in headers_of(etag)
