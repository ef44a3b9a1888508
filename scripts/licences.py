"""Checks that all installed packages have licences that this project may be used with.

`python scripts/licences.py --list` prints them all.
"""

import re
import sys
from collections import Counter
from importlib.metadata import Distribution, distributions

ALLOWED = {
    "0BSD",
    "3-Clause BSD License",
    "Apache Software License",
    "Apache-2.0",
    "BSD License",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "CNRI-Python",
    "ISC License (ISCL)",
    "ISC",
    "MIT License",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)",
    "PSF-2.0",
    "Public Domain",
    "Python Software Foundation License",
    "The Unlicense (Unlicense)",
    "Unlicense",
    "Zlib",
}
# Whose metadata name none; what their licence files say.
READ = {"skops": "MIT"}
VAGUE = {"OSI Approved", "DFSG approved", "Freely Distributable"}
"""Classifiers that say nothing which a licence does."""


def licences(package: Distribution) -> list[str]:
    """Licence of a package: an SPDX expression, or else classifiers, or else a text."""
    about = package.metadata
    expression = about.get("License-Expression")
    if expression:
        return re.split(r"\s+(?:AND|OR|WITH)\s+", expression.replace("(", "").replace(")", ""))
    classifiers = [
        line.rpartition("::")[2].strip()
        for line in about.get_all("Classifier") or []
        if line.startswith("License")
    ]
    exact = [name for name in classifiers if name not in VAGUE]
    return (
        exact
        or READ.get(about["Name"], "").split()
        or [(about.get("License") or "none named").splitlines()[0].strip()]
    )


def main() -> int:
    """Prints what is not allowed, or all; gives the exit code."""
    found = {package.metadata["Name"]: licences(package) for package in distributions()}
    refused = {name: terms for name, terms in found.items() if not set(terms) <= ALLOWED}
    shown = found if "--list" in sys.argv else refused
    for name, terms in sorted(shown.items(), key=lambda item: item[0].lower()):
        print(f"{name}: {', '.join(terms)}")
    if refused:
        print(f"{len(refused)} packages have licences that scripts/licences.py does not allow")
        return 1
    kinds = Counter(term for terms in found.values() for term in terms)
    common = ", ".join(name for name, _ in kinds.most_common(4))
    print(f"Licences: all {len(found)} packages are under allowed ones, mostly {common}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
