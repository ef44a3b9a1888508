"""Makes the deployment package as Azure Functions Core Tools do without a remote build.

Each line of .funcignore is the beginning of a path, `*` one or more characters but slashes, and
`**` one or more of any; a zip's files lose their executable bit:
https://github.com/Azure/azure-functions-core-tools (GitIgnoreParser.cs, ZipHelper.cs)
"""

import re
import subprocess
import zipfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
_ALWAYS_LEFT_OUT = {".funcignore", ".gitignore", "local.settings.json", "project.lock.json"}
_MODE = 0o100666


def is_deployed(path: str) -> bool:
    """Tells whether a file of the project goes into the package."""
    folders = set(path.split("/")[:-1])
    name = path.rsplit("/", 1)[-1]
    if name in _ALWAYS_LEFT_OUT or folders & {".git", ".vscode"}:
        return False
    return not any(re.match(pattern, path) for pattern in _patterns())


def files() -> list[str]:
    """Lists what a clone has that is deployed."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return sorted(path for path in listed if (ROOT / path).is_file() and is_deployed(path))


def make_package(target: Path, paths: Iterable[str]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for path in paths:
            entry = zipfile.ZipInfo(path)
            entry.external_attr = _MODE << 16
            package.writestr(entry, (ROOT / path).read_bytes())


def _patterns() -> list[str]:
    lines = (ROOT / ".funcignore").read_text("utf-8").splitlines()
    given = (line.strip().removeprefix("/") for line in lines if not line.startswith("#"))
    return [
        re.escape(line).replace(r"\*\*", "(.+)").replace(r"\*", "([^/]+)") for line in given if line
    ]
