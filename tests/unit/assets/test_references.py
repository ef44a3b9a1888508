import pytest

from shared.assets.model import ResourceKind
from shared.assets.references import Reference, is_reference, parse_reference
from shared.errors import InvalidError

WORKSPACE = (
    "/subscriptions/S/resourceGroups/R/providers/Microsoft.MachineLearningServices/workspaces/W"
)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("azureml:taxi:1", ResourceKind.DATA, Reference("taxi", "1")),
        ("azureml:taxi@latest", ResourceKind.MODEL, Reference("taxi", "latest")),
        ("azureml:taxi", ResourceKind.MODEL, Reference("taxi", "latest")),
        (
            "azureml:my.env_2:2021-10-01",
            ResourceKind.ENVIRONMENT,
            Reference("my.env_2", "2021-10-01"),
        ),
        ("azureml:cpu-cluster", ResourceKind.COMPUTE, Reference("cpu-cluster")),
        ("cpu-cluster", ResourceKind.COMPUTE, Reference("cpu-cluster")),
        ("workspaceblobstore", ResourceKind.DATASTORE, Reference("workspaceblobstore")),
        (f"{WORKSPACE}/data/taxi/versions/3", ResourceKind.DATA, Reference("taxi", "3")),
        (f"{WORKSPACE}/datasets/taxi/versions/3", ResourceKind.DATA, Reference("taxi", "3")),
        (f"{WORKSPACE}/datasets/taxi", ResourceKind.DATA, Reference("taxi")),
        (f"azureml:{WORKSPACE}/models/m/versions/1", ResourceKind.MODEL, Reference("m", "1")),
        (f"azureml:{WORKSPACE}/models/m/labels/latest", ResourceKind.MODEL, Reference("m")),
        (f"azureml:/{WORKSPACE}/models/m/versions/1", ResourceKind.MODEL, Reference("m", "1")),
        (f"{WORKSPACE.lower()}/computes/c", ResourceKind.COMPUTE, Reference("c")),
        (
            "azureml://subscriptions/S/resourcegroups/R/workspaces/W/data/taxi/versions/3",
            ResourceKind.DATA,
            Reference("taxi", "3"),
        ),
    ],
)
def test_reads_every_form(text: str, kind: ResourceKind, expected: Reference):
    assert parse_reference(text, kind) == expected
    assert is_reference(text) == (":" in text or "/" in text)


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("", ResourceKind.MODEL, "azureml:NAME:VERSION"),
        ("taxi", ResourceKind.MODEL, "azureml:NAME:VERSION"),
        ("taxi:1", ResourceKind.MODEL, "azureml:NAME:VERSION"),
        ("azureml:", ResourceKind.MODEL, "azureml:NAME:VERSION"),
        ("azureml:taxi:", ResourceKind.MODEL, "azureml:NAME:VERSION"),
        ("azureml:taxi:1:2", ResourceKind.MODEL, "azureml:NAME:VERSION"),
        ("azureml:taxi@newest", ResourceKind.MODEL, "the only label is 'latest'"),
        ("azureml:ta xi:1", ResourceKind.MODEL, "letters, digits"),
        ("azureml:taxi:1\n", ResourceKind.MODEL, "letters, digits"),
        ("azureml:cpu:1", ResourceKind.COMPUTE, "no versions"),
        ("azureml:cpu@latest", ResourceKind.COMPUTE, "no versions"),
        (f"{WORKSPACE}/models/m/versions/1", ResourceKind.DATA, "one of the models"),
        (f"{WORKSPACE}/jobs/m", ResourceKind.DATA, "one of the jobs"),
        ("azureml://datastores/a/paths/b", ResourceKind.DATA, "azureml:NAME:VERSION"),
        ("azureml://registries/r/models/m/versions/1", ResourceKind.MODEL, "azureml:NAME:VERSION"),
        ("https://example.org/x", ResourceKind.DATA, "azureml:NAME:VERSION"),
    ],
)
def test_says_what_a_reference_should_be(text: str, kind: ResourceKind, words: str):
    with pytest.raises(InvalidError) as error:
        parse_reference(text, kind, target="here")
    assert words in error.value.message
    assert error.value.target == "here"


@pytest.mark.parametrize(
    "text",
    ["azureml://datastores/a/paths/b", "https://example.org/x", "./model", "model/sub", "C:/x"],
)
def test_tells_places_from_references(text: str):
    assert not is_reference(text)
