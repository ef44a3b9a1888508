"""The running stack keeps to its OpenAPI document: real HTTP, real storage, real jobs."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import schemathesis

from devhost.stack import LocalStack
from tests.e2e.model import HOST
from tests.openapi_runs import body_example, configuration, run

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("datastores", "computes", "models", "environments", "data", "endpoints")
BODIES = ("Datastore", "Compute", "Model", "Environment", "Data", "Endpoint")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A stack of its own: what is made at random here is in nobody's way."""
    emulator = (ROOT / "node_modules" / "azurite").is_dir()
    if not (shutil.which("node") and emulator) and "CI" not in os.environ:
        pytest.skip("Node.js and Azurite are not installed")
    with LocalStack(ROOT, tmp_path_factory.mktemp("openapi"), kind=HOST) as stack:
        yield stack


def furnish(url: str, http: httpx.Client) -> None:
    """Uploads and makes what the document's examples name, by the examples themselves."""
    document = http.get(f"{url}/openapi.json").json()
    data = {"upload_id": "nyctaxidata", "files": [{"path": "nyc_taxi_data/a.csv"}]}
    for body in (body_example(document, "Upload"), data):
        upload = http.post(f"{url}/uploads", json=body).json()
        for file in upload["files"]:
            httpx.put(file["url"], headers=file["headers"], content=b"flavors: {}")
    for kind, name in zip(KINDS, BODIES, strict=True):
        made = http.post(f"{url}/{kind}", json=body_example(document, name))
        assert made.status_code == 201, made.text


def test_the_stack_keeps_to_the_document(stack: LocalStack):
    url, token = f"{stack.url}/api", stack.sign_in.token()
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}) as http:
        furnish(url, http)
    phases = configuration(
        "examples", "fuzzing", "stateful", token=token, examples=4, over_http=True
    )
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json", config=phases)
    found = run(schema)
    assert found.problems == {}
    assert found.answers.total() > 200
    assert {200, 201, 202, 204, 404, 409, 422} <= found.answers.keys()
    assert found.checked["ignored_auth"] > 50
