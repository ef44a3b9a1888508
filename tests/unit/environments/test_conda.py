"""Conda environment files as Python requirements."""

from typing import Any

import pytest

from shared.environments.conda import (
    names_python,
    python_versions,
    read_conda,
    read_conda_file,
    read_requirements,
    translate,
)
from shared.environments.requirements import Requirements, for_mlflow
from shared.errors import InvalidError


def conda(*dependencies: Any) -> Requirements:
    return read_conda({"name": "e", "dependencies": list(dependencies)}, target="conda_file")


def refusals(*dependencies: Any) -> list[tuple[str | None, str]]:
    with pytest.raises(InvalidError) as caught:
        conda(*dependencies)
    return [(detail.target, detail.message) for detail in caught.value.details]


@pytest.mark.parametrize(
    ("versions", "translated"),
    [
        ("", ""),
        ("*", ""),
        ("=1.0", "==1.0.*"),
        ("=1.0.*", "==1.0.*"),
        ("==1.0", "==1.0"),
        ("1.0", "==1.0"),
        ("1.0.*", "==1.0.*"),
        ("=1.0=py38_0", "==1.0"),
        ("1.0 py38_0", "==1.0"),
        (">=1.2", ">=1.2"),
        (">=1.2.*", ">=1.2"),
        (">=1.2, <2", "<2,>=1.2"),
        ("!=1.3.*", "!=1.3.*"),
        ("~=1.4", "~=1.4"),
    ],
)
def test_versions_of_conda_in_the_words_of_python(versions: str, translated: str):
    assert translate(versions) == translated


def test_packages_of_conda_are_those_of_the_same_name():
    found = conda("python=3.9", "pip<=23.2.1", "conda-forge::NumPy=1.21", "scikit-learn 1.0.2")
    assert found == Requirements(
        python="==3.9.*",
        packages=("numpy==1.21.*", "scikit-learn==1.0.2"),
        conda=("numpy", "scikit-learn"),
    )


def test_the_list_of_pip_is_taken_as_it_is():
    lines = [
        "mlflow[extras]==2.9.2",
        "--extra-index-url https://x.test/simple",
        "a @ https://x/a.whl",
    ]
    found = conda({"pip": [*lines, "pip==23.0", "# a comment", "git+https://x.test/b.git"]})
    assert found.packages == (*lines, "git+https://x.test/b.git")
    assert found.options == ("--extra-index-url https://x.test/simple",)
    assert (found.python, found.conda) == ("", ())


@pytest.mark.parametrize(
    ("entry", "place", "reason"),
    [
        ("numpy=1|2", "", "conda's alone"),
        ("numpy=>1", "", "'numpy=>1' cannot be taken"),
        ("openssl=1.1.1k_", "", "no version that Python's packages have"),
        ("_libgcc_mutex=0.1", "", "'_libgcc_mutex' is conda's alone"),
        ("numpy[version='>=1']", "", "is not of the form"),
        (3, "", "must be a package"),
        ({"npm": []}, "", "must be a package"),
        ({"pip": ["numpy=1.2"]}, ".pip[0]", "no requirement that pip can read"),
        ({"pip": [1]}, ".pip[0]", "must be one requirement"),
        ({"pip": ["a\nb"]}, ".pip[0]", "must be one requirement"),
        ({"pip": ["-r requirements.txt"]}, ".pip[0]", "'requirements.txt' is not there"),
        ({"pip": ["-e ."]}, ".pip[0]", "local file"),
        ({"pip": ["./a.whl"]}, ".pip[0]", "local file"),
    ],
)
def test_what_cannot_be_taken_is_named(entry: object, place: str, reason: str):
    ((target, message),) = refusals(entry)
    assert target == f"conda_file.dependencies[0]{place}"
    assert reason in message


def test_all_refusals_come_together():
    assert [target for target, _ in refusals("a|b", "numpy", 1)] == [
        "conda_file.dependencies[0]",
        "conda_file.dependencies[2]",
    ]


@pytest.mark.parametrize("text", ["conda.yml", "a: [", "- numpy"])
def test_a_text_must_be_the_content_of_a_file(text: str):
    with pytest.raises(InvalidError, match="must be the content of a conda environment file"):
        read_conda_file(text, target="environment.conda_file")


def test_a_text_is_read_and_checked():
    assert read_conda_file("dependencies: [numpy=1]", target="x") == {"dependencies": ["numpy=1"]}
    assert read_conda_file(None, target="x") is None
    with pytest.raises(InvalidError, match="must be a list"):
        read_conda_file("dependencies: numpy", target="x")


def test_files_beside_a_models_own_are_read():
    files = {"requirements.txt": "mlflow==2.9 \\\n  --hash=sha256:1\n-c constraints.txt\n"}
    files["constraints.txt"] = "numpy<2  # not yet\n"
    found = read_conda(
        {"dependencies": [{"pip": ["-r requirements.txt"]}]}, target="c", beside=files.get
    )
    assert found.packages == ("mlflow==2.9    --hash=sha256:1",)
    assert found.constraints == ("numpy<2",)
    again = read_requirements("-r requirements.txt", target="r", beside=files.get)
    assert again.constraints == ("numpy<2",)


def test_what_an_mlflow_model_needs_is_added():
    found = for_mlflow(Requirements(packages=("mlflow<3,>=2.9", "Pandas==2.1.0", "scikit-learn")))
    assert found.packages == (
        "mlflow-skinny<3,>=2.9",
        "Pandas==2.1.0",
        "scikit-learn",
    )
    assert found.is_mlflow
    assert for_mlflow(Requirements(packages=("mlflow[extras]",))).packages == (
        "mlflow[extras]",
        "pandas",
    )


def test_the_key_names_the_content_whatever_the_order():
    one = Requirements("==3.9.*", ("b", "a"), ("c",), conda=("a",))
    assert one.key("3.9", "linux") == Requirements("", ("a", "b"), ("c",)).key("3.9", "linux")
    others = [
        one.key("3.10", "linux"),
        one.key("3.9", "other"),
        Requirements("", ("a",), ("c",)).key("3.9", "linux"),
        Requirements("", ("a", "b")).key("3.9", "linux"),
        Requirements("", ("a", "b", "--no-index"), ("c",)).key("3.9", "linux"),
        for_mlflow(one).key("3.9", "linux"),
    ]
    assert len({one.key("3.9", "linux"), *others}) == len(others) + 1


def test_versions_of_python():
    assert python_versions("3.11.7") == "==3.11.7.*"
    assert names_python("==3.9.*") == "3.9"
    with pytest.raises(InvalidError, match="no version of Python"):
        python_versions("three")


@pytest.mark.parametrize(
    "line",
    [
        '-r "/etc passwd"',
        "-r X Y",
        "-c /etc/x y",
        "file:///etc/passwd",
        "FILE:/etc/passwd",
        "evil @ file:///tmp/evil-1.0.tar.gz",
        "evil @ /tmp/evil-1.0.tar.gz",
        "git+file:///srv/repo",
        "git+ssh://git@host/repo",
        "git+ext::sh -c id",
        "http://host/evil.whl",
        "evil @ http://host/evil.whl",
        "--index-url http://host/${UV_SECRET}/",
        "evil==${HOME}",
        "https://host/${UV_SECRET}.whl",
        "--find-links /srv",
        "--find-links file:///srv",
        "--find-links",
        "--index-url 'https://host'",
        "--config-settings x=y",
        "--global-option=x",
        "evil==1 --config-settings x=y",
        "evil==1 --hash=sha256:1 -r /etc/passwd",
        "--no-binary ../x",
    ],
)
def test_lines_that_are_no_part_of_the_allow_list(line: str):
    with pytest.raises(InvalidError):
        read_requirements(line, target="requirements")


@pytest.mark.parametrize(
    "line",
    [
        "numpy",
        "numpy[all]>=1.2,<3 ; python_version < '3.13'",
        "tool @ https://host/tool-1.0.whl",
        "tool @ git+https://host/tool@main#subdirectory=x",
        "https://host/tool-1.0-py3-none-any.whl",
        "git+https://host/tool@v1",
        "numpy==1.0 --hash=sha256:abc --hash sha256:def",
        "-i https://host/simple",
        "--index-url=https://user:secret@host/simple",
        "--extra-index-url https://host/simple",
        "-f https://host/wheels.html",
        "--no-index",
        "--pre",
        "--only-binary :all:",
        "--trusted-host host:8080",
    ],
)
def test_lines_of_the_allow_list(line: str):
    assert read_requirements(line, target="requirements").packages == (line,)
