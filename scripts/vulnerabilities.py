"""Asks pip-audit for known vulnerabilities of pinned packages, and says how many it could check.

pip-audit itself calls it a success where the service knows none of the packages, as behind a mirror
that serves files alone.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# On its own, as it would bring thirty packages into .venv; pinned, so that it works the same twice.
COMMAND = [
    *(str(ROOT / ".venv/bin/uv"), "tool", "run", "--quiet", "--from", "pip-audit==2.10.1"),
    *("pip-audit", "--requirement", str(ROOT / "constraints.txt"), "--no-deps", "--disable-pip"),
    *("--format", "json", "--progress-spinner", "off"),
]
SECONDS = 120


def main() -> int:
    """Prints what is known; gives 1 where a package is vulnerable."""
    try:
        done = subprocess.run(COMMAND, capture_output=True, text=True, check=False, timeout=SECONDS)
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
        print(f"Vulnerabilities: NOT checked; no answer from pip-audit ({type(error).__name__}).")
        return 0
    checked = [package for package in packages if "skip_reason" not in package]
    if not checked:
        print("Vulnerabilities: NOT checked; the advisory service is not reachable from here.")
        return 0
    found = [package for package in checked if package["vulns"]]
    for package in found:
        known = ", ".join(item["id"] for item in package["vulns"])
        print(f"{package['name']} {package['version']}: {known}")
    print(f"Vulnerabilities: {len(found)} in {len(checked)} of {len(packages)} packages checked.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
