"""docs/security.md sets up a sign-in that fits what the app checks."""

import json
import re
from typing import Any

from shared.principal import Role
from shared.signin.settings import NOT_CONFIGURED, SignInSettings
from tests.docs.workplace import REPOSITORY

DOC = (REPOSITORY / "docs/security.md").read_text("utf-8")
REGISTRATION: dict[str, Any] = json.loads(
    re.findall(r"^```json\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)[0]
)
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_the_registration_has_the_roles_that_the_app_knows() -> None:
    roles = REGISTRATION["appRoles"]
    assert [role["value"] for role in roles] == list(Role)
    assert all(role["allowedMemberTypes"] == ["User", "Application"] for role in roles)


def test_the_registration_has_the_scope_that_tokens_need() -> None:
    (scope,) = REGISTRATION["api"]["oauth2PermissionScopes"]
    assert scope["value"] == SignInSettings((), ()).scope
    ids = [scope["id"], *(role["id"] for role in REGISTRATION["appRoles"])]
    assert len(set(ids)) == len(ids)
    assert all(GUID.fullmatch(one) for one in ids)
    assert f'"delegatedPermissionIds": ["{scope["id"]}"]' in DOC


def test_the_commands_set_what_sign_in_is_read_from() -> None:
    named = dict(re.findall(r"(BATCHPOINT_SIGN_IN_\w+)=(\S+)", DOC))
    tenant = "11111111-2222-4333-8444-555555555555"
    values = {
        name: value.replace("$APP_ID", "app") if "$APP_ID" in value else tenant
        for name, value in named.items()
    }
    settings = SignInSettings.from_env(values | {"WEBSITE_SITE_NAME": "app"})
    assert settings is not None
    assert settings.audiences == ("api://app", "app")
    assert settings.browser is not None


def test_the_answers_are_quoted_as_they_are() -> None:
    (quoted,) = re.findall(r"`(this app serves nobody[^`]*) …`", DOC)
    assert NOT_CONFIGURED.startswith(quoted)
    api = "".join(path.read_text("utf-8") for path in (REPOSITORY / "api").glob("*.py"))
    shared = "".join(path.read_text("utf-8") for path in (REPOSITORY / "shared").rglob("*.py"))
    for code in re.findall(r"^\| \d{3} `(\w+)`", DOC, re.MULTILINE):
        assert f'code="{code}"' in api + shared
