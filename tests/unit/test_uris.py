import pytest

from shared.errors import InvalidError
from shared.uris import (
    DatastorePath,
    is_datastore_uri,
    is_web_url,
    normal_path,
    parse_datastore_uri,
)

WORKSPACE = "azureml://subscriptions/s/resourcegroups/g/workspaces/w"
PROVIDER = "azureml://subscriptions/s/resourceGroups/g/providers/p/workspaces/w"


@pytest.mark.parametrize(
    "uri",
    [
        "azureml://datastores/store/paths/a/b.csv",
        "azureml://datastores/store/paths/a/b.csv/",
        f"{WORKSPACE}/datastores/store/paths/a/b.csv",
        f"{PROVIDER}/datastores/store/paths/a/b.csv",
    ],
)
def test_every_form_names_the_same_place(uri: str):
    place = parse_datastore_uri(uri)
    assert place == DatastorePath("store", "a/b.csv")
    assert str(place) == "azureml://datastores/store/paths/a/b.csv"
    assert parse_datastore_uri(str(place)) == place


@pytest.mark.parametrize(
    "uri", ["azureml://datastores/store/paths", "azureml://datastores/store/paths/"]
)
def test_a_whole_datastore(uri: str):
    place = parse_datastore_uri(uri)
    assert place == DatastorePath("store", "")
    assert str(place.child("a")) == "azureml://datastores/store/paths/a"
    assert str(place.child("a").child("b")) == "azureml://datastores/store/paths/a/b"


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "azureml:taxi:1",
        "azureml://datastores/store",
        "azureml://datastores//paths/a",
        "azureml://datastores/store/path/a",
        "azureml://workspaces/w/datastores/store/paths/a",
        "https://host/a",
    ],
)
def test_what_names_no_place_is_refused(uri: str):
    with pytest.raises(InvalidError, match="azureml://datastores/NAME/paths/PATH") as caught:
        parse_datastore_uri(uri, target="here")
    assert caught.value.target == "here"


@pytest.mark.parametrize(
    "path", ["..", "a/../b", "a//b", "./a", "a/.", "a\\b", "a\nb", "a\x00", "a\x7f", "x" * 901]
)
def test_paths_that_may_lead_elsewhere_are_refused(path: str):
    with pytest.raises(InvalidError):
        normal_path(path)
    with pytest.raises(InvalidError):
        parse_datastore_uri(f"azureml://datastores/store/paths/{path}")


@pytest.mark.parametrize(
    ("path", "normal"),
    [("", ""), ("/", ""), ("/a/b/", "a/b"), ("a b/ü#?.csv", "a b/ü#?.csv"), ("...", "...")],
)
def test_normal_paths(path: str, normal: str):
    assert normal_path(path) == normal


def test_kinds_of_uris():
    assert is_web_url("HTTPS://host/a")
    assert is_web_url("http://host/a")
    assert not is_web_url("ftp://host/a")
    assert is_datastore_uri("azureml://datastores/store/paths/a")
    assert not is_datastore_uri("https://host/azureml:")
