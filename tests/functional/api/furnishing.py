"""Makes in an app what the examples of the OpenAPI document name."""

from typing import Any

from tests.functional.harness import App
from tests.openapi_runs import DEPLOYMENT, body_example

Document = dict[str, Any]


def furnish(app: App, document: Document) -> None:
    """Makes all that the document's examples name, but for what is there."""
    app.call("POST", "uploads", body_example(document, "Upload"))
    app.put("LocalUpload/autologmodel/autolog_nyc_taxi/MLmodel", "flavors: {}")
    app.put("LocalUpload/nyctaxidata/nyc_taxi_data/a.csv", "1\n2\n")
    for kind in ("Datastore", "Compute", "Model", "Environment", "Data", "Endpoint"):
        path = kind.lower() if kind == "Data" else f"{kind.lower()}s"
        assert app.call("POST", path, body_example(document, kind)).status in {200, 201, 409}
    if app.call("GET", f"endpoints/mybatchedp/deployments/{DEPLOYMENT}").status == 404:
        deployment = body_example(document, "Endpoint")["deployments"][0]
        assert app.call("POST", "endpoints/mybatchedp/deployments", deployment).status == 201
    traffic = {"traffic": {DEPLOYMENT: 100}}
    assert app.call("PATCH", "endpoints/mybatchedp", traffic).status == 200
    for kind, name in (("Schedule", "nightly"), ("Webhook", "ops")):
        place = f"endpoints/mybatchedp/{kind.lower()}s/{name}"
        assert app.call("PUT", place, body_example(document, kind)).status in {200, 201}


def start_job(app: App, document: Document) -> None:
    """Makes the job that the document's examples name, and runs it to its end."""
    answer = app.call("POST", "endpoints/mybatchedp/jobs", body_example(document, "Invocation"))
    assert answer.status == 201
    assert app.run_jobs() == ["Completed"]
