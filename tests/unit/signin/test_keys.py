"""Keys of an issuer are read seldom, and in time."""

from collections.abc import Callable

import pytest

from shared.errors import UnavailableError
from shared.signin import keys
from shared.signin.keys import IssuerKeys
from tests.tokens import AUTHORITY, TENANT, Issuer, public_jwk

METADATA = f"{AUTHORITY}/{TENANT}/v2.0/.well-known/openid-configuration"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def known(issuer: Issuer, clock: Clock) -> IssuerKeys:
    return IssuerKeys(METADATA, issuer.fetch, clock)


def test_keys_are_read_once(known, issuer):
    for _ in range(5):
        assert known.find("one") is not None
        assert known.issuer() == issuer.issuer(2)
    assert len(issuer.reads) == 2


def test_a_new_key_is_found_when_a_token_names_it(known, issuer, clock):
    known.find("one")
    clock.now += keys.UNKNOWN_SECONDS
    issuer.published = ["two", "one"]
    assert known.find("two") is not None


def test_a_withdrawn_key_counts_no_more_after_an_hour(known, issuer, clock):
    known.find("one")
    issuer.published = ["two"]
    clock.now += keys.REFRESH_SECONDS - 1
    assert known.find("one") is not None
    clock.now += 2
    assert known.find("one") is None


def test_unknown_keys_cause_one_read_in_half_a_minute(known, issuer, clock):
    known.find("one")
    for number in range(1000):
        assert known.find(f"made up {number}") is None
    assert len(issuer.reads) == 2
    clock.now += keys.UNKNOWN_SECONDS
    for number in range(1000):
        assert known.find(f"made up {number}") is None
    assert len(issuer.reads) == 4


def test_known_keys_outlast_an_issuer_that_does_not_answer(known, issuer, clock):
    known.find("one")
    issuer.is_up = False
    clock.now += keys.LONGEST_SECONDS - 1
    assert known.find("one") is not None
    clock.now += 2
    with pytest.raises(UnavailableError):
        known.find("one")


def test_an_issuer_that_does_not_answer_is_not_asked_for_each_token(known, issuer, clock):
    issuer.is_up = False
    for _ in range(10):
        with pytest.raises(UnavailableError):
            known.find("one")
    assert len(issuer.reads) == 1
    issuer.is_up = True
    clock.now += keys.FAILED_SECONDS
    assert known.find("one") is not None


def documents(jwks_uri: str, *entries: object) -> Callable[[str], dict[str, object]]:
    def fetch(url: str) -> dict[str, object]:
        if url == METADATA:
            return {"issuer": "i", "jwks_uri": jwks_uri}
        return {"keys": list(entries)}

    return fetch


@pytest.mark.parametrize(
    "address",
    [
        "http://login.test/keys",
        "http://127.0.0.1/keys",
        "ftp://x",
        "https://",
        "/keys",
        "https://a@b/",
    ],
)
def test_keys_at_a_place_that_is_not_to_be_trusted(address):
    with pytest.raises(UnavailableError):
        IssuerKeys(METADATA, documents(address, public_jwk("one"))).find("one")


@pytest.mark.parametrize(
    "entry",
    [
        {"kty": "oct", "kid": "one", "k": "c2VjcmV0"},
        {"kty": "EC", "kid": "one", "crv": "P-256", "x": "x", "y": "y"},
        public_jwk("one", use="enc"),
        public_jwk("one", alg="RS512"),
        public_jwk("one", n="AQAB"),
        public_jwk("one", n=None),
        public_jwk("one", kid=7),
        "one",
        None,
    ],
    ids=["symmetric", "curve", "encryption", "RS512", "weak", "no modulus", "kid", "text", "none"],
)
def test_keys_that_cannot_sign_with_rs256(entry):
    reading = documents("https://login.test/keys", entry, public_jwk("two"))
    known = IssuerKeys(METADATA, reading)
    assert known.find("one") is None
    assert known.find("two") is not None
