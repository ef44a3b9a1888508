"""True if the app's own environment has what is required, and which Python is chosen."""

import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

from scoring.environments.interpreters import NoPythonError, Python, choose, own_python
from scoring.environments.own_environment import is_met
from shared.environments.requirements import Requirements

HERE = own_python().minor
PYTEST = version("pytest")


@pytest.mark.parametrize(
    ("packages", "met"),
    [
        ((f"pytest=={PYTEST}", "PyYAML"), True),
        (("pytest==1.0",), False),
        (("no-such-package-here",), False),
        (("no-such-package-here; python_version < '3'",), True),
        (("hypothesis[no-such-extra]",), True),
        (("azure-core[aio]",), True),
        (("httpx[http2]",), False),
        (("pytest @ https://x.test/pytest.whl",), False),
        (("https://x.test/pytest.whl",), False),
        (("pytest", "--extra-index-url https://x.test"), True),
    ],
)
def test_packages(packages: tuple[str, ...], met: bool):
    assert is_met(Requirements(packages=packages)) is met


def test_constraints_and_python():
    assert not is_met(Requirements(packages=("pytest",), constraints=("pytest<1",)))
    assert is_met(Requirements(packages=("pytest",), constraints=("no-such-package-here<1",)))
    assert is_met(Requirements(python=f"=={HERE}.*"))
    # Whatever the last number is: compiled packages do not depend on it.
    assert is_met(Requirements(python=f"=={HERE}.99.*"))
    assert not is_met(Requirements(python="==3.9.*"))


def python(number: str) -> Python:
    return Python(Version(number), Path(f"/opt/{number}/bin/python"))


FOUND = [
    Python(Version("3.11.4"), Path(sys.executable)),
    *map(python, ("3.7.9", "3.12.1", "3.9.2", "3.9.18", "3.10.13")),
]


@pytest.mark.parametrize(
    ("versions", "chosen"),
    [
        ("", "3.11.4"),
        (">=3.9", "3.11.4"),
        ("==3.9.*", "3.9.18"),
        ("==3.9.2.*", "3.9.2"),
        ("==3.9.7.*", "3.9.18"),
        ("==3.11.9", "3.11.4"),
        ("<3.11", "3.10.13"),
        (">3.11,<3.13", "3.11.4"),
    ],
)
def test_which_python_is_chosen(versions: str, chosen: str):
    assert str(choose(versions, FOUND).version) == chosen


def test_a_python_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(
        NoPythonError, match=r"needs Python 3\.7; found 3\.9, 3\.10, 3\.11, 3\.12\."
    ):
        choose("==3.7.*", FOUND)
