import base64
import json
import sys
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from batchpoint.cli import cli
from batchpoint.console.session import Host
from batchpoint.errors import BatchpointError
from batchpoint.signin import Token, TokenSource, azure_token, shown

TOKEN = ("account", "get-access-token")


def test_a_local_stack_has_an_issuer_of_its_own(run, run_json, service):
    tokens = [run(*TOKEN, "--query", "accessToken", "-o", "tsv").stdout for _ in range(2)]
    assert tokens == ["token-0\n", "token-1\n"]
    full = run_json(*TOKEN, "--resource", "https://ml.azure.com")
    assert full["tokenType"] == "Bearer"
    assert service.requests == []


def test_an_issuer_that_gives_no_token(run, service, monkeypatch):
    monkeypatch.setattr(service, "issue", lambda _: (401, {"error": "invalid_client"}, {}))
    assert "scripts/up" in run(*TOKEN, code=1).stderr


def test_any_other_service_gets_one_of_azure():
    asked = []

    def get_token(resource):
        asked.append(resource)
        return Token("secret", 1_700_000_000, "t1")

    environment = {
        "BATCHPOINT_URL": "https://app.azurewebsites.net",
        "BATCHPOINT_AUDIENCE": "api://x/",
        "XDG_STATE_HOME": "/nowhere",
        "AZURE_SUBSCRIPTION_ID": "s1",
    }
    host = Host(get_token=get_token, environment=environment)
    result = CliRunner().invoke(cli, [*TOKEN], obj=host)
    token = json.loads(result.stdout)
    assert asked == ["api://x"]
    assert token.pop("expiresOn").endswith(".000000")
    assert token == {
        "accessToken": "secret", "expires_on": 1_700_000_000, "subscription": "s1",
        "tenant": "t1", "tokenType": "Bearer",
    }  # fmt: skip


def test_without_azure_identity_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(BatchpointError, match=r"pip install 'batchpoint\[azure\]'"):
        azure_token("https://x")


def test_secrets_stay_out_of_repr():
    assert "secret" not in repr(Token("secret", 1, None))


def test_the_tenant_is_read_of_the_token(monkeypatch):
    claims = base64.urlsafe_b64encode(b'{"tid": "t2"}').decode().rstrip("=")

    class Credential:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def get_token(self, scope):
            assert scope == "https://x/.default"
            return SimpleNamespace(token=f"h.{claims}.s", expires_on=5)

    monkeypatch.setattr("azure.identity.DefaultAzureCredential", Credential)
    token = azure_token("https://x")
    assert token.tenant == "t2"
    assert shown(token, {})["tenant"] == "t2"


def test_tokens_are_used_again_until_they_are_about_to_end():
    given = []

    def fetch():
        given.append(Token(f"t{len(given)}", 1000 * (len(given) + 1), None))
        return given[-1]

    clock = SimpleNamespace(now=0)
    source = TokenSource(fetch, lambda: clock.now)
    assert [source(), source()] == ["t0", "t0"]
    clock.now = 701
    assert source() == "t1"
    source.forget("t0")
    assert source() == "t1"
    source.forget("t1")
    assert source() == "t2"
