import pytest

from shared.documents.loading import load_document, load_json
from shared.errors import MalformedError


def test_reads_yaml_and_json_alike():
    assert load_document(b"a: 1\nb: {c: [x, 2.5]}") == {"a": 1, "b": {"c": ["x", 2.5]}}
    assert load_document(b'{"a": 1}') == load_json(b'{"a": 1}') == {"a": 1}


def test_leaves_dates_as_text():
    assert load_document(b"version: 2024-01-01") == {"version": "2024-01-01"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"a: 1\nb: [1, 2", "line 3, column 1"),
        (b"a: 1\n  b: 2", "line 2, column 4"),
        (b"a: 1\na: 2", "line 2, column 1: the key 'a' occurs twice"),
        (b"a: &x 1\nb: *x", "aliases"),
        (b"a: !!python/object:os.system x", "line 1, column 4"),
        (b"a: " + b"[" * 60 + b"]" * 60, "nested more than 50"),
        (b"a: " + b"[" * 100_000 + b"]" * 100_000, "nested more than 50"),
        (b"", "empty"),
        (b"- 1", "mapping"),
        (b"\xff\xfe", "UTF-8"),
        (b"a: .nan", "nan is not a number"),
        (b"a: .inf", "inf is not a number"),
        (b"a: !!binary aGk=", "tag:yaml.org,2002:binary"),
        (b"a: {b: !!timestamp 2026-01-31}", "tag:yaml.org,2002:timestamp"),
        (b"a: [!!set {b}]", "tag:yaml.org,2002:set"),
    ],
)
def test_says_what_is_wrong_with_yaml(body: bytes, message: str):
    with pytest.raises(MalformedError, match=message):
        load_document(body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"a": 1,\n "b": }', "line 2, column 7"),
        (b'{"a": 1, "a": 2}', "occurs twice"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": ' + b"1" * 5000 + b"}", "limit"),
        (b'{"a": ["\\ud800"]}', "half of a character"),
        (b'{"\\ud800": 1}', "half of a character"),
        (b"[1]", "mapping"),
        (b'{"a": ' + b"[" * 60 + b"]" * 60 + b"}", "nested more than 50"),
        (b'{"a": ' + b"[" * 200_000, "nested too deeply|line 1"),
    ],
)
def test_says_what_is_wrong_with_json(body: bytes, message: str):
    with pytest.raises(MalformedError, match=message):
        load_json(body)
