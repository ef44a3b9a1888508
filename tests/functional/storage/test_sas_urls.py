from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.core.exceptions import ServiceRequestError
from azure.storage.blob import UserDelegationKey

from shared.errors import StorageError
from shared.storage.azure.sas_urls import UrlSigner


class Keys:
    """Hands out delegation keys, and counts them."""

    def __init__(self):
        self.fetched = []

    def get_user_delegation_key(self, key_start_time, key_expiry_time):
        self.fetched.append((key_start_time, key_expiry_time))
        key = UserDelegationKey()
        key.signed_oid = key.signed_tid = "00000000-0000-0000-0000-000000000000"
        key.signed_start = key_start_time.strftime("%Y-%m-%dT%H:%M:%SZ")
        key.signed_expiry = key_expiry_time.strftime("%Y-%m-%dT%H:%M:%SZ")
        key.signed_service, key.signed_version, key.value = "b", "2021-08-06", "a2V5"
        return key


class Clock:
    def __init__(self):
        self.now = datetime(2024, 1, 1, tzinfo=UTC)

    def __call__(self):
        return self.now


def terms(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_a_delegation_key_is_kept_until_it_would_expire_first():
    keys, clock = Keys(), Clock()
    signer = UrlSigner("https://acc.blob.core.windows.net", "acc", keys=keys, now=clock)
    first = terms(signer.download_url("data", "a", timedelta(hours=1)))
    assert first["spr"] == "https"
    assert first["sp"] == "r"
    assert first["se"] == "2024-01-01T01:00:00Z"
    assert first["skoid"]
    clock.now += timedelta(hours=24)
    signer.upload_url("data", "a", timedelta(hours=1))
    assert len(keys.fetched) == 1
    clock.now += timedelta(seconds=1)
    signer.listing_url("data")
    assert len(keys.fetched) == 1
    signer.download_url("data", "a", timedelta(hours=1))
    assert len(keys.fetched) == 2


def test_a_key_lives_at_most_seven_days():
    keys, clock = Keys(), Clock()
    signer = UrlSigner("https://acc.blob.core.windows.net", "acc", keys=keys, now=clock)
    signer.download_url("data", "a", timedelta(days=5, hours=23))
    start, expiry = keys.fetched[0]
    assert expiry - clock.now < timedelta(days=7)
    assert start < clock.now


def test_the_account_key_signs_without_a_request():
    signer = UrlSigner("https://acc.blob.core.windows.net/", "acc", account_key="a2V5")
    url = signer.upload_url("data", "a b/ü#", timedelta(hours=1))
    assert url.startswith("https://acc.blob.core.windows.net/data/a%20b/%C3%BC%23?")
    assert terms(url)["sp"] == "cw"
    assert terms(url)["spr"] == "https"


def test_a_key_that_cannot_be_fetched_is_a_storage_error():
    class Broken:
        def get_user_delegation_key(self, key_start_time, key_expiry_time):
            raise ServiceRequestError("no network")

    signer = UrlSigner("https://acc.blob.core.windows.net", "acc", keys=Broken())
    with pytest.raises(StorageError, match="key for signing"):
        signer.download_url("data", "a", timedelta(hours=1))
