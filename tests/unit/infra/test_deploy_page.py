"""docs/deploy.md names what is there."""

import re

import pytest

from tests.unit.infra import bicep
from tests.unit.infra.bicep import INFRA
from tests.unit.test_settings_docs import documented_rows

ROOT = INFRA.parent
PAGE = (ROOT / "docs/deploy.md").read_text("utf-8")
PARAMETERS = set(bicep.parse("main.bicep")["parameters"])
# Variables of the templates and the command line, which are no app settings.
VARIABLES = {"BATCHPOINT_SIZE", "BATCHPOINT_URL", "BATCHPOINT_AUDIENCE"}


def test_its_files_are_there() -> None:
    named = set(re.findall(r"\binfra/[\w.-]*\w", PAGE))
    assert len(named) >= 5
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_its_parameters_are_those_of_the_template() -> None:
    table = PAGE.split("## Parameters")[1].split("\n## ")[0]
    documented = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\|([^|]+)\|", table, re.M))))
    for_the_template_alone = {"environmentName", "location", "signInClientId", "budgetStart"}
    assert documented == PARAMETERS - for_the_template_alone
    assert set(re.findall(r"-p (\w+)=", PAGE)) <= PARAMETERS


def test_its_settings_are_documented() -> None:
    named = set(re.findall(r"\bBATCHPOINT_[A-Z_]+\b", PAGE)) - VARIABLES
    assert named - set(documented_rows()) == set()


@pytest.mark.parametrize("size", sorted(bicep.sizes()))
def test_its_table_has_the_sizes(size: str) -> None:
    given = bicep.sizes()[size]
    (row,) = re.findall(rf"^\| `infra/{size}.bicepparam` .*$", PAGE, re.M)
    _, _, plan, instances, scorers, *_ = (cell.strip() for cell in row.split("|"))
    assert given["plan"] in plan or ("Flex" in plan and f"{given['memory'] // 1024} GB" in plan)
    assert instances.endswith(f" {given['instances']}")
    assert scorers == str(given["scorers"])
