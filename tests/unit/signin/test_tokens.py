"""Tokens of Entra, as it makes them and as it does not."""

import time

import jwt
import pytest

from shared.errors import UnauthenticatedError, UnavailableError
from shared.principal import PrincipalKind, Role
from shared.signin.tokens import TokenVerifier
from tests.tokens import (
    CLIENT_ID,
    OTHER_TENANT,
    SETTINGS,
    TENANT,
    Issuer,
    encoded,
    private_key,
    public_jwk,
)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def verifier(issuer: Issuer) -> TokenVerifier:
    return TokenVerifier(SETTINGS, issuer.fetch)


@pytest.mark.parametrize("version", [1, 2])
def test_a_user(issuer, verifier, version):
    principal = verifier.verify(issuer.user(Role.INVOKER, version=version))
    assert (principal.id, principal.tenant, principal.kind) == ("user-1", TENANT, "user")
    assert principal.name in {"ada@example.com", "ada@e.com"}
    assert principal.roles == {Role.INVOKER}
    assert principal.may(Role.READER)
    assert not principal.may(Role.CONTRIBUTOR)


@pytest.mark.parametrize("version", [1, 2])
def test_an_application(issuer, verifier, version):
    principal = verifier.verify(issuer.application(Role.CONTRIBUTOR, version=version))
    assert (principal.id, principal.name, principal.kind) == (
        "app-1",
        "client-1",
        PrincipalKind.APPLICATION,
    )
    assert principal.may(Role.INVOKER)


def test_roles_of_other_apps_grant_nothing(issuer, verifier):
    assert verifier.verify(issuer.user("Directory.Read", "batchpoint.reader")).roles == frozenset()
    assert verifier.verify(issuer.user(roles="BatchPoint.Reader")).roles == {Role.READER}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": 1}, "has expired"),
        ({"exp": None}, "lacks 'exp'"),
        ({"nbf": 2**33}, "not valid yet"),
        ({"nbf": None}, "lacks 'nbf'"),
        ({"aud": "api://another"}, "for somebody else"),
        ({"aud": None}, "lacks 'aud'"),
        ({"iss": "https://login.test/evil/v2.0"}, "issuer is not its tenant's"),
        ({"iss": f"https://sts.windows.net/{OTHER_TENANT}/"}, "issuer is not its tenant's"),
        ({"iss": None}, "issuer is not its tenant's"),
        ({"tid": OTHER_TENANT}, "tenant that this app does not serve"),
        ({"tid": None}, "tenant that this app does not serve"),
        ({"tid": ["a"]}, "tenant that this app does not serve"),
        ({"scp": "openid profile"}, "scope 'user_impersonation'"),
        ({"scp": None}, "no access token"),
        ({"scp": ["user_impersonation"]}, "no access token"),
        ({"oid": None, "sub": None}, "names nobody"),
    ],
)
def test_what_does_not_hold(issuer, verifier, changes, reason):
    with pytest.raises(UnauthenticatedError, match=reason):
        verifier.verify(issuer.user(Role.CONTRIBUTOR, **changes))


def test_clocks_may_differ_by_a_minute(issuer, verifier):
    now = int(time.time())
    verifier.verify(issuer.user(exp=now - 50, nbf=now + 50))
    with pytest.raises(UnauthenticatedError, match="expired"):
        verifier.verify(issuer.user(exp=now - 70))


def test_one_of_several_audiences_is_enough(issuer, verifier):
    verifier.verify(issuer.user(aud=["api://x", CLIENT_ID]))


def test_an_id_token_is_no_permission(issuer, verifier):
    id_token = issuer.user(Role.CONTRIBUTOR, scp=None, nonce="n", name="Ada")
    with pytest.raises(UnauthenticatedError, match="no access token"):
        verifier.verify(id_token)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512", "ES256", "rs256", None])
def test_another_algorithm(issuer, verifier, algorithm):
    _, claims, signature = issuer.user(Role.CONTRIBUTOR).split(".")
    header = encoded({"alg": algorithm, "typ": "JWT", "kid": "one"})
    with pytest.raises(UnauthenticatedError, match=r"not signed with RS256|no JSON Web"):
        verifier.verify(f"{header}.{claims}.{signature}")


def test_a_stronger_algorithm_with_the_right_key_is_still_another(issuer, verifier):
    claims = jwt.decode(issuer.user(), options={"verify_signature": False})
    token = jwt.encode(claims, private_key("one"), algorithm="RS512", headers={"kid": "one"})
    with pytest.raises(UnauthenticatedError, match="not signed with RS256"):
        verifier.verify(token)


@pytest.mark.parametrize(
    "header",
    [{"kid": "two"}, {"kid": None}, {"kid": ["one"]}, {"jku": "https://evil.test", "kid": "two"}],
)
def test_a_key_that_the_issuer_does_not_have(issuer, verifier, header):
    claims = jwt.decode(issuer.user(), options={"verify_signature": False})
    body = f"{encoded({'alg': 'RS256', 'typ': 'JWT', **header})}.{encoded(claims)}"
    with pytest.raises(UnauthenticatedError):
        verifier.verify(f"{body}.c2lnbmF0dXJl")
    assert all("evil" not in url for url in issuer.reads)


def test_a_key_in_the_header_is_not_looked_at(issuer, verifier):
    claims = jwt.decode(issuer.user(), options={"verify_signature": False})
    token = jwt.encode(
        claims,
        private_key("mine"),
        algorithm="RS256",
        headers={"kid": "one", "jwk": public_jwk("mine")},
    )
    with pytest.raises(UnauthenticatedError, match="signature"):
        verifier.verify(token)


def test_changed_claims(issuer, verifier):
    header, _, signature = issuer.user(Role.READER).split(".")
    claims = jwt.decode(issuer.user(Role.CONTRIBUTOR), options={"verify_signature": False})
    with pytest.raises(UnauthenticatedError, match="signature"):
        verifier.verify(f"{header}.{encoded(claims)}.{signature}")


def test_an_extension_that_must_be_understood(issuer, verifier):
    claims = jwt.decode(issuer.user(), options={"verify_signature": False})
    token = issuer.sign(claims, crit=["exp"])
    with pytest.raises(UnauthenticatedError, match=r"extensions|no JSON Web"):
        verifier.verify(token)


@pytest.mark.parametrize(
    "text",
    ["x", "a.b.c", "....", "é.é.é", "e30.e30.e30", f"{encoded([])}.{encoded([])}.x", "x" * 20_000],
)
def test_what_is_no_token(verifier, text):
    with pytest.raises(UnauthenticatedError):
        verifier.verify(text)


def test_without_the_issuers_keys_nothing_can_be_checked(issuer, verifier):
    issuer.is_up = False
    with pytest.raises(UnavailableError, match="cannot be read"):
        verifier.verify(issuer.user())
