"""The environment variables under which environments are built.

Building runs code of the packages that are built, so that nothing of the app's settings may be seen
there: an allow-list. What says where packages come from is passed on, pip's settings in uv's words.
"""

import configparser
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from uv import find_uv_bin

_KEPT = frozenset(
    {
        "ALL_PROXY",
        "CC",
        "CFLAGS",
        "CPPFLAGS",
        "CXX",
        "CXXFLAGS",
        "HOME",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "LANG",
        "LDFLAGS",
        "LD_LIBRARY_PATH",
        "NETRC",
        "NO_PROXY",
        "PATH",
        "PKG_CONFIG_PATH",
        "REQUESTS_CA_BUNDLE",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "TMPDIR",
        "TZ",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_DIRS",
        "XDG_CONFIG_HOME",
    }
)
# What would let uv do something else than it is told, or publish.
_NOT_KEPT = frozenset({"UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_PUBLISH_PASSWORD", "UV_PUBLISH_TOKEN"})
# pip's name of a setting, the names of uv's that win over it, and the one that it becomes.
_OF_PIP = (
    ("index-url", ("UV_DEFAULT_INDEX", "UV_INDEX_URL"), "UV_DEFAULT_INDEX"),
    ("extra-index-url", ("UV_INDEX", "UV_EXTRA_INDEX_URL"), "UV_INDEX"),
    ("find-links", ("UV_FIND_LINKS",), "UV_FIND_LINKS"),
    ("trusted-host", ("UV_INSECURE_HOST",), "UV_INSECURE_HOST"),
    ("cert", ("SSL_CERT_FILE",), "SSL_CERT_FILE"),
)
_FALSE = frozenset({"0", "false", "no", "off"})


def uv_program() -> str:
    """Returns the uv that was installed with the app, or a copy where it lost its executable bit.

    Core Tools' local build makes a package of files that nobody may execute.
    """
    found = Path(find_uv_bin())
    return str(found if os.access(found, os.X_OK) else _executable_copy(found))


@cache
def _executable_copy(program: Path) -> Path:
    # Where no confined scorer can change it.
    usual = Path(tempfile.gettempdir()) / "batchpoint"
    scratch = Path(os.environ.get("BATCHPOINT_SCRATCH_FOLDER") or usual)
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = Path(tempfile.mkdtemp(prefix="uv-", dir=scratch)) / program.name
    shutil.copyfile(program, copy)
    copy.chmod(0o700)
    return copy


def build_variables(host: Mapping[str, str]) -> dict[str, str]:
    """Returns all environment variables for uv.

    Args:
        host: The app's own environment variables.
    """
    variables = {name: value for name, value in host.items() if _is_kept(name)}
    of_pip = _pip_settings(host)
    for name, winners, becomes in _OF_PIP:
        value = of_pip.get(name, "")
        if value and not any(host.get(winner) for winner in winners):
            variables[becomes] = ",".join(value.split()) if name == "find-links" else value
            if name == "extra-index-url":
                # pip takes the best version of all its indexes; uv stops at the first that has any.
                variables.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return variables | {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "NO_COLOR": "1"}


def moved_home(variables: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Returns the variables with a home, a cache and temporary files in a folder.

    uv still finds its settings and passwords where they are.
    """
    home = Path(variables.get("HOME") or Path.home())
    found = {"XDG_CONFIG_HOME": str(home / ".config")}
    if (home / ".netrc").is_file():
        found["NETRC"] = str(home / ".netrc")
    moved = {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "UV_CACHE_DIR": str(folder / "cache"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    return {**found, **variables, **moved}


def index_options(host: Mapping[str, str]) -> list[str]:
    """Returns options of uv for what pip's settings say and uv has no variable for.

    Args:
        host: The app's own environment variables.
    """
    no_index = _pip_settings(host)["no-index"].lower()
    return ["--no-index"] if no_index and no_index not in _FALSE else []


def _is_kept(name: str) -> bool:
    is_uv = name.startswith("UV_") and name not in _NOT_KEPT
    return is_uv or name.upper() in _KEPT or name.startswith("LC_")


def _pip_settings(host: Mapping[str, str]) -> dict[str, str]:
    """Reads pip's configuration files and variables, the later over the earlier."""
    found: dict[str, str] = {}
    for path in _pip_files(host):
        parser = configparser.RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError, OSError):
            # pip itself would stop here; what is built says whether it was needed.
            continue
        for section in ("global", "install"):
            if parser.has_section(section):
                found |= {key.replace("_", "-"): value for key, value in parser.items(section)}
    for name in ("no-index", *(name for name, _, _ in _OF_PIP)):
        found[name] = host.get(f"PIP_{name.upper().replace('-', '_')}") or found.get(name, "")
    return {name: " ".join(value.split()) for name, value in found.items()}


def _pip_files(host: Mapping[str, str]) -> Iterator[Path]:
    named = host.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return
    home = Path(host.get("HOME") or Path.home())
    for folder in reversed(host.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")):
        yield Path(folder) / "pip" / "pip.conf"
    yield Path("/etc/pip.conf")
    yield home / ".pip" / "pip.conf"
    yield Path(host.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
    yield Path(sys.prefix) / "pip.conf"
    if named:
        yield Path(named)
