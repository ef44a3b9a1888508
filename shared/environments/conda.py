"""Reads conda environment files: what they ask for, in the words of Python's own packages.

A package that is asked of conda is taken from PyPI under the same name; what stands under `pip:` is
taken as it is. https://docs.conda.io/projects/conda/en/latest/user-guide/tasks/manage-environments.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from shared.documents.loading import load_document
from shared.documents.validation import invalid
from shared.environments.requirements import Requirements
from shared.errors import ErrorDetail, InvalidError, MalformedError

Beside = Callable[[str], str | None]
"""Reads a file that lies beside the one that is read; None where there is none."""

# Every environment has them, and no scorer imports them.
_INSTALLERS = frozenset({"pip", "wheel"})
_PACKAGE = re.compile(
    r"(?:[^\s:\[]+::)?(?P<name>[A-Za-z0-9_][\w.-]*?)\s*(?P<versions>[=<>!~\s*].*)?"
)
_BUILD = re.compile(r"={0,2}\s*(?P<version>[^\s=<>!~,|]+)(?:=|\s+)[^\s=<>!~,|]+")
_VERSION = re.compile(r"(?P<sign>==|=|>=|<=|!=|~=|>|<|)\s*(?P<version>[^\s=<>!~]+)")
_PIP_FILES = re.compile(r"(?:-r|--requirement|(?P<constraint>-c|--constraint))[\s=]*(?P<file>\S+)")
_OPTION = re.compile(
    r"(?:-i|--index-url|--extra-index-url|-f|--find-links)[\s=]*https?://[^\s\"'\\]+"
    r"|--(?:no-index|pre|prefer-binary|require-hashes)"
    r"|--(?:no-binary|only-binary|trusted-host)[\s=]+[\w.,:-]+"
)
_HASHES = re.compile(r"(?:\s+--hash[=\s]\s*\w+:\w+)+")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_REMOTE = re.compile(r"(?:git\+)?https://[^\s\"'\\]+(?:\s*;.*)?")
_NO_FILES = ("-e", "--editable", "./", "../", "/", "~")


def read_conda_file(
    content: str | Mapping[str, Any] | None, *, target: str
) -> Mapping[str, Any] | None:
    """Reads the content of a conda environment file, a mapping or YAML text, and checks it.

    Args:
        content: What the document has; None stays None.
        target: Where it stands in the request, for the error.

    Raises:
        InvalidError: The text is not the YAML of a mapping, or asks for what no environment can be
            built of.
    """
    if content is None:
        return None
    if isinstance(content, str):
        try:
            content = load_document(content.encode())
        except MalformedError as error:
            reason = (
                "must be the content of a conda environment file, as a mapping or as YAML text "
                f"(a local path is only known to the client): {error.message}"
            )
            raise invalid([ErrorDetail(reason, target)]) from error
    read_conda(content, target=target)
    return content


def read_conda(
    content: Mapping[str, Any], *, target: str, beside: Beside = lambda _: None
) -> Requirements:
    """Requirements in a conda environment file.

    Args:
        content: The file.
        target: What errors call it.
        beside: Reads the requirements files that it names.

    Raises:
        InvalidError: Naming each entry that cannot be taken.
    """
    reader = _Reader(beside)
    dependencies = content.get("dependencies") or []
    if not isinstance(dependencies, list):
        raise invalid([ErrorDetail("must be a list of packages", f"{target}.dependencies")])
    for index, entry in enumerate(cast("list[object]", dependencies)):
        reader.take(entry, f"{target}.dependencies[{index}]")
    return reader.result()


def read_requirements(text: str, *, target: str, beside: Beside = lambda _: None) -> Requirements:
    """Requirements in a requirements file of pip.

    Raises:
        InvalidError: Naming each line that cannot be taken.
    """
    reader = _Reader(beside)
    reader.take_lines(text, target)
    return reader.result()


def python_versions(version: str) -> str:
    """The versions of Python that `python=VERSION` of a conda file means.

    Raises:
        InvalidError: It is no version.
    """
    try:
        return translate(f"={version}")
    except ValueError as error:
        raise InvalidError(f"'{version}' is no version of Python: {error}") from error


@dataclass
class _Reader:
    """Gathers what is asked for, and what is wrong with it."""

    beside: Beside
    python: str = ""
    packages: list[str] = field(default_factory=list[str])
    constraints: list[str] = field(default_factory=list[str])
    conda: list[str] = field(default_factory=list[str])
    problems: list[ErrorDetail] = field(default_factory=list[ErrorDetail])
    _seen: set[str] = field(default_factory=set[str])

    def result(self) -> Requirements:
        if self.problems:
            raise invalid(self.problems)
        return Requirements(
            self.python,
            tuple(dict.fromkeys(self.packages)),
            tuple(dict.fromkeys(self.constraints)),
            tuple(self.conda),
        )

    def take(self, entry: object, at: str) -> None:
        lines = cast("dict[str, object]", entry).get("pip") if isinstance(entry, dict) else None
        if isinstance(entry, str):
            self._take_conda(entry, at)
        elif isinstance(lines, list) and entry == {"pip": lines}:
            for index, line in enumerate(cast("list[object]", lines)):
                self._take_pip(line, f"{at}.pip[{index}]")
        else:
            self._refuse("must be a package such as 'numpy=1.26', or {pip: [...]}", at)

    def take_lines(self, text: str, at: str, *, constraint: bool = False) -> None:
        joined = text.replace("\\\n", " ")
        for number, line in enumerate(joined.splitlines(), start=1):
            self._take_pip(line, f"{at}:{number}", constraint=constraint)

    def _take_conda(self, entry: str, at: str) -> None:
        match = _PACKAGE.fullmatch(entry.strip())
        if match is None:
            self._refuse(
                f"'{entry}' is not of the form 'name', 'name=version' or 'name>=version'", at
            )
            return
        name = match["name"].lower()
        try:
            versions = translate((match["versions"] or "").strip())
            if name not in _INSTALLERS and name != "python":
                self.packages.append(str(Requirement(f"{name}{versions}")))
                self.conda.append(name)
        except InvalidRequirement:
            self._refuse(
                f"'{name}' is conda's alone: no package of PyPI can have that name; leave it out, "
                "or list under pip: what it is needed for",
                at,
            )
            return
        except ValueError as error:
            self._refuse(f"'{entry}' cannot be taken: {error}", at)
            return
        if name == "python":
            self.python = versions

    def _take_pip(self, entry: object, at: str, *, constraint: bool = False) -> None:
        if not isinstance(entry, str) or len(entry.splitlines()) > 1:
            self._refuse("must be one requirement such as 'numpy==1.26.4'", at)
            return
        line = re.sub(r"(^|\s)#.*", "", entry).strip()
        if not line or (not line.startswith("-") and self._is_installer(line)):
            return
        file = _PIP_FILES.fullmatch(line)
        if file is not None:
            self._take_file(file["file"], at, constraint=constraint or bool(file["constraint"]))
        elif line.startswith(_NO_FILES) or (line.endswith(".whl") and "://" not in line):
            self._refuse(f"'{line}' is a local file, which is not there when it is built", at)
        elif self._is_known(line, at):
            (self.constraints if constraint else self.packages).append(line)

    def _take_file(self, name: str, at: str, *, constraint: bool) -> None:
        text = self.beside(name)
        if text is None:
            self._refuse(f"the file '{name}' is not there when it is built: list what it holds", at)
        elif name not in self._seen:
            self._seen.add(name)
            self.take_lines(text, name, constraint=constraint)

    def _is_installer(self, line: str) -> bool:
        match = re.match(r"[\w.-]+", line)
        return match is not None and match[0].lower() in _INSTALLERS

    def _is_known(self, line: str, at: str) -> bool:
        """Returns True for a line that names a package, an https URL, or where packages are."""
        if "${" in line:
            self._refuse(f"'{line}' names a variable of the machine; write the value", at)
        elif line.startswith("-"):
            if _OPTION.fullmatch(line):
                return True
            self._refuse(f"'{line}' is no option that may be set for a build", at)
        else:
            return self._is_requirement(line, at)
        return False

    def _is_requirement(self, line: str, at: str) -> bool:
        wanted, dashes, hashes = line.partition(" --")
        if dashes and not _HASHES.fullmatch(dashes + hashes):
            self._refuse(f"'{line}' has options other than --hash", at)
            return False
        url: str | None = wanted.strip()
        if _URL.match(url) is None:
            try:
                url = Requirement(url).url
            except InvalidRequirement as error:
                first = str(error).splitlines()[0]
                self._refuse(f"'{line}' is no requirement that pip can read: {first}", at)
                return False
        if url is not None and not _REMOTE.fullmatch(url):
            self._refuse(f"'{line}' is read from neither https:// nor git+https://", at)
            return False
        return True

    def _refuse(self, message: str, at: str) -> None:
        self.problems.append(ErrorDetail(message, at))


def translate(versions: str) -> str:
    """Conda's way to ask for versions in Python's (PEP 440).

    Raises:
        ValueError: It cannot be said there; the text says why.
    """
    if "|" in versions:
        raise ValueError("'|' between versions is conda's alone; write a range, such as >=1.2,<2")
    built = _BUILD.fullmatch(versions)
    if built is not None:
        # With a build's name behind it, a version is meant exactly.
        return _checked(f"=={built['version']}")
    return _checked(",".join(_translated(part.strip()) for part in _parts(versions)))


def _parts(versions: str) -> Iterator[str]:
    return (part for part in versions.split(",") if part.strip() not in {"", "*", "=*", "==*"})


def _translated(part: str) -> str:
    match = _VERSION.fullmatch(part)
    if match is None:
        raise ValueError(f"'{part}' is no version")
    sign, version = match["sign"], match["version"]
    stem = version.rstrip("*").rstrip(".")
    if sign == "=" or (sign in {"", "==", "!="} and version.endswith("*")):
        return f"{'!=' if sign == '!=' else '=='}{stem}.*"
    return f"{sign or '=='}{stem}"


def _checked(versions: str) -> str:
    try:
        return str(SpecifierSet(versions))
    except InvalidSpecifier as error:
        raise ValueError(f"{versions} is no version that Python's packages have") from error


def names_python(versions: str) -> str:
    """Versions of Python for a message, such as `3.9` for `==3.9.*`."""
    return versions.replace("==", "").replace(".*", "")
