import pytest

from shared.errors import InvalidError
from shared.storage.azure.connection import StorageConnection
from shared.storage.factory import open_stores

NAME = "AzureWebJobsStorage"


def read(**settings: str) -> StorageConnection:
    return StorageConnection.from_settings(settings)


def test_a_connection_string():
    connection = read(
        AzureWebJobsStorage="DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=a2V5;"
        "EndpointSuffix=core.chinacloudapi.cn"
    )
    assert connection == StorageConnection(
        "acc",
        "https://acc.blob.core.chinacloudapi.cn",
        "https://acc.table.core.chinacloudapi.cn",
        "a2V5",
    )
    assert "a2V5" not in repr(connection)


def test_explicit_endpoints_of_any_port():
    connection = read(
        AzureWebJobsStorage="accountname=dev; AccountKey=a2V5==;BlobEndpoint=http://[::1]:5/dev/;"
        "TableEndpoint=http://localhost:6/dev"
    )
    assert connection.blob_endpoint == "http://[::1]:5/dev"
    assert connection.table_endpoint == "http://localhost:6/dev"


def test_the_emulator():
    connection = read(AzureWebJobsStorage="UseDevelopmentStorage=true")
    assert connection.account_name == "devstoreaccount1"
    assert connection.blob_endpoint == "http://127.0.0.1:10000/devstoreaccount1"
    assert connection.account_key


def test_an_identity_by_account_name():
    connection = read(
        AzureWebJobsStorage__accountName="acc",
        AzureWebJobsStorage__credential="managedidentity",
        AzureWebJobsStorage__clientId="1234",
    )
    assert connection == StorageConnection(
        "acc",
        "https://acc.blob.core.windows.net",
        "https://acc.table.core.windows.net",
        managed_identity=True,
        client_id="1234",
    )


def test_an_identity_by_urls():
    connection = read(
        AzureWebJobsStorage__blobServiceUri="https://acc.blob.core.usgovcloudapi.net/",
        AzureWebJobsStorage__tableServiceUri="https://acc.table.core.usgovcloudapi.net",
    )
    assert connection.account_name == "acc"
    assert connection.blob_endpoint == "https://acc.blob.core.usgovcloudapi.net"
    assert connection.account_key is None
    assert not connection.managed_identity


def test_another_setting_name():
    connection = StorageConnection.from_settings({"Data__accountName": "acc"}, "Data")
    assert connection.account_name == "acc"


@pytest.mark.parametrize(
    ("settings", "problems"),
    [
        ({}, ["neither it nor"]),
        ({NAME: "nonsense"}, ["'Key=value' pairs", "AccountName", "AccountKey", "", ""]),
        ({NAME: "AccountName=a;AccountKey=$$$"}, ["not base64"]),
        (
            {NAME: "AccountName=a;AccountKey=a2V5;BlobEndpoint=ftp://x;TableEndpoint=http://h:x"},
            ["blobendpoint is missing or not http:// or https://", "tableendpoint"],
        ),
        (
            {f"{NAME}__accountName": "UPPER", f"{NAME}__credential": "secret"},
            ["3 to 24 lower-case", "only 'managedidentity'"],
        ),
        ({f"{NAME}__blobServiceUri": "http://a.blob"}, ["not https://", "the URL is missing"]),
    ],
)
def test_all_problems_are_named_together(settings, problems):
    with pytest.raises(InvalidError) as caught:
        StorageConnection.from_settings(settings)
    details = caught.value.details
    for expected in problems:
        assert any(expected in detail.message for detail in details), details
    assert all(detail.target and detail.target in caught.value.message for detail in details)


def test_errors_do_not_show_the_key():
    with pytest.raises(InvalidError) as caught:
        read(AzureWebJobsStorage="AccountKey=c2VjcmV0;secretpart")
    assert "c2VjcmV0" not in str(caught.value.message)
    assert "secretpart" not in str(caught.value.message)


def test_opening_makes_no_request():
    for settings in (
        {NAME: "UseDevelopmentStorage=true"},
        {f"{NAME}__accountName": "acc", f"{NAME}__credential": "managedidentity"},
        {f"{NAME}__accountName": "acc"},
    ):
        for store in open_stores(StorageConnection.from_settings(settings)):
            store.close()
