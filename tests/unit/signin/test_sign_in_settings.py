import pytest

from shared.errors import InvalidError
from shared.signin.settings import BrowserSignIn, SignInSettings, is_trustworthy
from tests.tokens import TENANT

TENANTS = {"BATCHPOINT_SIGN_IN_TENANTS": TENANT}
BOTH = TENANTS | {"BATCHPOINT_SIGN_IN_AUDIENCES": "api://batchpoint, client"}
TRUST = {"BATCHPOINT_TRUST_APP_SERVICE_AUTH": "true"}


def test_values():
    settings = SignInSettings.from_env(BOTH)
    assert settings == SignInSettings((TENANT,), ("api://batchpoint", "client"))


def test_pages_sign_in_where_they_are_known():
    settings = SignInSettings.from_env(BOTH | {"BATCHPOINT_SIGN_IN_CLIENT_ID": "page"})
    assert settings is not None
    assert settings.browser == BrowserSignIn(
        f"https://login.microsoftonline.com/{TENANT}/v2.0",
        "page",
        "api://batchpoint/user_impersonation",
    )
    unknown = SignInSettings.from_env(BOTH)
    assert unknown is not None
    assert unknown.browser is None


def test_nothing_is_configured():
    assert SignInSettings.from_env({}) is None
    assert SignInSettings.from_env({"WEBSITE_SITE_NAME": "app"}) is None


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (TENANTS, "BATCHPOINT_SIGN_IN_AUDIENCES"),
        ({"BATCHPOINT_SIGN_IN_AUDIENCES": "a"}, "BATCHPOINT_SIGN_IN_TENANTS"),
        (BOTH | {"BATCHPOINT_SIGN_IN_TENANTS": "common"}, "'common' is not one"),
        (BOTH | {"BATCHPOINT_SIGN_IN_AUTHORITY": "http://login.test"}, "https://"),
        (
            BOTH
            | {"BATCHPOINT_SIGN_IN_AUTHORITY": "http://127.0.0.1:1", "WEBSITE_SITE_NAME": "app"},
            "in Azure",
        ),
        (BOTH | TRUST, "anybody could send the header"),
        (TRUST | {"WEBSITE_AUTH_ENABLED": "False"}, "anybody could send the header"),
        (BOTH | {"BATCHPOINT_TRUST_APP_SERVICE_AUTH": "yes"}, "true or false"),
    ],
)
def test_problems_are_named(values, named):
    with pytest.raises(InvalidError, match=named):
        SignInSettings.from_env(values)


def test_the_platforms_header_is_trusted_where_the_platform_checks():
    settings = SignInSettings.from_env(BOTH | TRUST | {"WEBSITE_AUTH_ENABLED": "True"})
    assert settings is not None
    assert settings.trust_app_service


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://login.microsoftonline.com", True),
        ("http://127.0.0.1:7000", True),
        ("http://[::1]:7000", True),
        ("http://localhost", True),
        ("http://localhost.evil.test", False),
        ("http://127.0.0.1@evil.test", False),
        ("https://user@login.test", False),
        ("http://10.0.0.1", False),
        ("file:///etc/passwd", False),
        ("https://login.test:99999", False),
        ("", False),
    ],
)
def test_places_to_be_trusted(url, trusted):
    assert is_trustworthy(url) is trusted
