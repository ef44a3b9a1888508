import base64
import json
import sys
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from batchpoint.cli import cli
from batchpoint.commands.session import Surroundings
from batchpoint.errors import BatchpointError
from batchpoint.signin import Token, azure_token, is_local, shown

TOKEN = ("account", "get-access-token")


def test_a_local_stack_gets_a_token_of_no_meaning(run, run_json, service):
    tokens = {run(*TOKEN, "--query", "accessToken", "-o", "tsv").stdout for _ in range(2)}
    assert len(tokens) == 2
    assert all(token.startswith("local-") for token in tokens)
    full = run_json(*TOKEN, "--resource", "https://ml.azure.com")
    assert full["tokenType"] == "Bearer"
    assert (full["subscription"], full["tenant"]) == ("local", "local")
    assert service.requests == []


def test_any_other_service_gets_one_of_azure():
    asked = []

    def get_token(resource):
        asked.append(resource)
        return Token("secret", 1_700_000_000, "t1")

    environment = {
        "BATCHPOINT_URL": "https://app.azurewebsites.net",
        "AZURE_SUBSCRIPTION_ID": "s1",
    }
    surroundings = Surroundings(get_token=get_token, environment=environment)
    result = CliRunner().invoke(cli, [*TOKEN, "--resource", "https://x/"], obj=surroundings)
    token = json.loads(result.stdout)
    assert asked == ["https://x"]
    assert token.pop("expiresOn").endswith(".000000")
    assert token == {
        "accessToken": "secret", "expires_on": 1_700_000_000, "subscription": "s1",
        "tenant": "t1", "tokenType": "Bearer",
    }  # fmt: skip


def test_without_azure_identity_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(BatchpointError, match=r"pip install 'batchpoint\[azure\]'"):
        azure_token("https://x")


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://localhost:7071", True),
        ("http://127.0.0.2:7071/api", True),
        ("http://[::1]:7071", True),
        ("https://app.azurewebsites.net", False),
        ("https://localhost.example.com", False),
        ("http://10.0.0.1", False),
    ],
)
def test_local_addresses(url, local):
    assert is_local(url) is local


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
