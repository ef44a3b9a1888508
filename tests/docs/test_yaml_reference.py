"""docs/yaml-reference.md is what the schemas say."""

import importlib.util

from tests.docs.workplace import REPOSITORY

SCRIPT = REPOSITORY / "scripts" / "yaml_reference.py"


def test_the_page_is_as_scripts_docs_makes_it() -> None:
    spec = importlib.util.spec_from_file_location("yaml_reference", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = (REPOSITORY / "docs" / "yaml-reference.md").read_text("utf-8")
    assert page == module.page(), "run scripts/docs"
    assert page.count("| `") > 80
