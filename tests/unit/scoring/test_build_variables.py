"""Environment variables for uv: some of the app's, and pip's settings in uv's names."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from scoring.environments.build_variables import build_variables, index_options

NOTHING = {"PIP_CONFIG_FILE": "/dev/null"}


def test_only_what_is_listed_is_seen():
    host = {
        **NOTHING,
        "PATH": "/bin",
        "HOME": "/root",
        "https_proxy": "http://proxy",
        "UV_INDEX_URL": "http://mine/simple",
        "UV_PUBLISH_TOKEN": "secret",
        "AzureWebJobsStorage": "secret",
        "APPSETTING_KEY": "secret",
    }
    seen = build_variables(host)
    assert "secret" not in seen.values()
    kept = {name: seen[name] for name in ("PATH", "HOME", "https_proxy", "UV_INDEX_URL")}
    assert kept == {name: host[name] for name in kept}
    assert seen["UV_PYTHON_DOWNLOADS"] == "never"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ({"PIP_INDEX_URL": "http://a"}, {"UV_DEFAULT_INDEX": "http://a"}),
        ({"PIP_INDEX_URL": "http://a", "UV_INDEX_URL": "http://b"}, {"UV_INDEX_URL": "http://b"}),
        (
            {"PIP_EXTRA_INDEX_URL": "http://a http://b"},
            {"UV_INDEX": "http://a http://b", "UV_INDEX_STRATEGY": "unsafe-best-match"},
        ),
        ({"PIP_FIND_LINKS": "/a /b"}, {"UV_FIND_LINKS": "/a,/b"}),
        ({"PIP_TRUSTED_HOST": "a"}, {"UV_INSECURE_HOST": "a"}),
        ({"PIP_CERT": "/a.pem"}, {"SSL_CERT_FILE": "/a.pem"}),
    ],
    ids=["index", "uv-wins", "extra", "links", "trusted", "cert"],
)
def test_variables_of_pip(host: Mapping[str, str], expected: dict[str, str]):
    seen = build_variables({**NOTHING, **host})
    del seen["UV_PYTHON_DOWNLOADS"], seen["UV_NO_PROGRESS"], seen["NO_COLOR"]
    assert seen == expected


def test_configuration_files_of_pip(tmp_path: Path):
    folder = tmp_path / ".config" / "pip"
    folder.mkdir(parents=True)
    (folder / "pip.conf").write_text("[global]\nindex-url = http://user\nno-index = false\n")
    named = tmp_path / "named.conf"
    named.write_text("[install]\nextra-index-url =\n  http://a\n  http://b\nno_index = true\n")
    host = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(named)}
    seen = build_variables(host)
    assert (seen["UV_DEFAULT_INDEX"], seen["UV_INDEX"]) == ("http://user", "http://a http://b")
    assert index_options(host) == ["--no-index"]
    assert index_options({**host, "PIP_NO_INDEX": "0"}) == []
    named.write_text("no section")
    assert build_variables(host)["UV_DEFAULT_INDEX"] == "http://user"
