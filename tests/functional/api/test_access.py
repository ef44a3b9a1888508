"""Access of each kind of caller: docs/security.md has the app's answers."""

import json
import logging
import re
from base64 import b64encode

import azure.functions as func
import pytest

from api.gate import ClosedGate, SignInGate, make_gate
from api.routes import GuardedApp, Route, register
from api.service import ServiceRoutes
from shared.principal import Role
from shared.signin.app_service import HEADER
from shared.signin.callers import Callers
from shared.signin.settings import SignInSettings
from shared.signin.tokens import TokenVerifier
from tests.functional.api.access_table import END, PAGE, START, bad_tokens, table
from tests.functional.harness import App
from tests.tokens import AUDIENCE, OTHER_TENANT, TENANT, shared_issuer, token_of

OPEN_ROUTES = {
    "/api/health",
    "/api/openapi.json",
    "/api/schemas",
    "/api/schemas/{schema}",
    "/api/studio",
    "/api/studio/config",
    "/api/studio/{file}",
}


def test_the_table_is_what_the_app_answers():
    text = PAGE.read_text("utf-8")
    made = table()
    assert text.partition(START)[2].partition(END)[0].strip() == made, "run scripts/docs"
    rows = [re.split(r" \| ", line.strip("| ")) for line in made.splitlines()[2:]]
    refused = len(bad_tokens()) - 1
    for route, *statuses in rows:
        path = route.split()[1].strip("`,")
        if path in OPEN_ROUTES:
            assert set(statuses) == {"200"}
            continue
        # Whatever is wrong with a token, nothing is done; without a role likewise.
        assert statuses[:refused] == ["401"] * refused, route
        assert statuses[refused] == "403", route
        reader, invoker, contributor = statuses[refused + 1 :]
        assert contributor.startswith("2"), route
        assert reader == ("200" if "GET" in route else "403"), route
        is_for_invokers = "uploads" in path or path.endswith("{endpoint}/jobs") or "one's" in route
        assert invoker == (contributor if "GET" in route or is_for_invokers else "403"), route


def test_a_refusal_says_how_to_sign_in(app: App):
    app.token = None
    answer = app.call("GET", "jobs")
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="batchpoint"'
    assert "Authorization: Bearer" in answer.error["message"]


@pytest.mark.parametrize(
    "value", ["Basic eDp5", "Bearer", "Bearer a b", "Bearer a.b.c,Bearer d.e.f"]
)
def test_what_is_no_bearer_token(app: App, value: str):
    assert app.call("GET", "jobs", Authorization=value).status == 401


def test_a_missing_role_is_named(app: App):
    app.token = token_of(Role.READER)
    answer = app.call("DELETE", "endpoints/taxi")
    assert answer.status == 403
    assert "BatchPoint.Contributor" in answer.error["message"]
    assert answer.error["code"] == "RoleMissing"


def test_a_job_says_who_made_it(app: App):
    app.endpoint()
    app.token = token_of(Role.INVOKER, "user-7")
    job = app.invoke(app.inputs(1)).document
    assert job["created_by"] == {
        "id": "user-7",
        "tenant": TENANT,
        "name": "user-7@example.com",
        "kind": "user",
    }


def test_an_idempotency_key_is_its_callers_own(app: App):
    app.endpoint()
    uri = app.inputs(1)
    body = {"properties": {"dataset": {"dataInputType": "DataUrl", "path": uri}}}
    names = []
    for user in ("user-1", "user-2", "user-1"):
        app.token = token_of(Role.INVOKER, user)
        answer = app.call("POST", "endpoints/taxi/jobs", body, Idempotency_Key="nightly")
        assert answer.status == 201
        names.append(answer.document["name"])
    assert names[0] == names[2] != names[1]


def test_what_somebody_else_started_is_only_a_contributors_to_stop(app: App):
    app.endpoint()
    app.token = token_of(Role.INVOKER, "user-1")
    name = app.invoke(app.inputs(1)).document["name"]
    app.token = token_of(Role.INVOKER, "user-2")
    assert app.call("POST", f"jobs/{name}/cancel").error["code"] == "NotYourJob"
    assert app.job(name)["status"] == "NotStarted"
    app.token = token_of(Role.CONTRIBUTOR, "user-2")
    assert app.call("POST", f"jobs/{name}/cancel").status == 202


def request(path: str, **headers: str) -> func.HttpRequest:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return func.HttpRequest(method="GET", url=f"http://x/api/{path}", headers=names, body=b"")


def functions(app: GuardedApp) -> dict[str, object]:
    return {item.get_function_name(): item.get_user_function() for item in app.get_functions()}


def test_without_sign_in_only_health_is_served(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.ERROR):
        closed = GuardedApp(make_gate(SignInSettings.from_env({"WEBSITE_SITE_NAME": "app"})))
    assert isinstance(closed.gate, ClosedGate)
    assert "sign-in is not configured" in caplog.text
    ServiceRoutes("").register(closed)
    served = functions(closed)
    assert served.pop("health")(request("health")).status_code == 200
    for answer in (call(request("x")) for call in served.values()):
        assert answer.status_code == 503
        error = json.loads(answer.get_body())["error"]
        assert error["code"] == "SignInNotConfigured"
        assert "BATCHPOINT_SIGN_IN_TENANTS" in error["message"]


def guarded(*, trust: bool) -> GuardedApp:
    settings = SignInSettings((TENANT,), (AUDIENCE,), "https://login.test", trust_app_service=trust)
    tokens = TokenVerifier(settings, shared_issuer().fetch)
    app = GuardedApp(SignInGate(Callers(settings, tokens)))
    register(app, Route("look", "GET", "look", lambda _: func.HttpResponse("in"), Role.READER))
    return app


def header(**changes: str) -> str:
    claims = {
        "http://schemas.microsoft.com/identity/claims/objectidentifier": "user-1",
        "http://schemas.microsoft.com/identity/claims/tenantid": TENANT,
        "roles": "BatchPoint.Reader",
        **changes,
    }
    pairs = [{"typ": name, "val": value} for name, value in claims.items()]
    return b64encode(json.dumps({"auth_typ": "aad", "claims": pairs}).encode()).decode()


def look(app: GuardedApp, **headers: str) -> int:
    answer = functions(app)["look"](request("look", **headers))  # type: ignore[operator]
    return int(answer.status_code)


def test_the_platforms_header_counts_only_where_that_is_configured():
    forged = {HEADER: header()}
    assert look(guarded(trust=False), **forged) == 401
    assert look(guarded(trust=True), **forged) == 200


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (header(roles="BatchPoint.Nobody"), 403),
        (header(**{"http://schemas.microsoft.com/identity/claims/tenantid": OTHER_TENANT}), 401),
        (header(tid=OTHER_TENANT), 401),
        (header(scp="another_scope"), 401),
        ("no base64!", 401),
        (b64encode(b"[]").decode(), 401),
        (b64encode(b'{"claims": [{"typ": "oid"}]}').decode(), 401),
    ],
    ids=["role", "tenant", "two tenants", "scope", "base64", "shape", "claim"],
)
def test_a_header_that_does_not_hold(value: str, status: int):
    assert look(guarded(trust=True), **{HEADER: value}) == status


def test_a_bad_token_is_not_made_good_by_the_header():
    headers = {HEADER: header(), "Authorization": "Bearer a.b.c"}
    assert look(guarded(trust=True), **headers) == 401
