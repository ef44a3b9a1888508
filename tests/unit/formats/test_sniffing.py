"""Sniffs the beginning of a file: wrong guesses would score wrong records."""

import pytest

from shared.formats.input_format import Head, ScanSplit
from shared.formats.input_formats import input_format_of
from shared.formats.record_ranges import Dialect
from shared.formats.sniffing import WHOLE

COMMA = Dialect(",")


def read_head(name: str, sample: bytes, *, is_script: bool) -> Head:
    input_format = input_format_of(name)
    assert input_format is not None
    assert isinstance(input_format.split, ScanSplit)
    return input_format.split.sniff(sample, is_script=is_script)


@pytest.mark.parametrize(
    ("sample", "head"),
    [
        ("id,x\na,1\nb,2\nc,3\n", Head(COMMA, has_header=True)),
        ("\ufeffid,x\na,1\nb,2\nc,3\n", Head(COMMA, has_header=True)),
        ('"id","x"\n"a","1"\n"b","2"\n', Head(COMMA, has_header=True)),
        (",x\n0,1\n1,2\n2,3\n", Head(COMMA, has_header=True)),
        ("id;x\na;1,5\nb;2,5\nc;3\n", Head(Dialect(";"), has_header=True)),
        ("id\tx\na\t1\nb\t2\nc\t3\n", Head(Dialect("\t"), has_header=True)),
        ("when,x\n2020-01-01,a\n2020-01-02,b\n2020-01-03,c\n", Head(COMMA, has_header=True)),
        ("a,0.12345\nb,0.5\nc,1\n", Head(COMMA, has_header=False)),
        ("0.12345,1.5\n1,2\n3,4\n", Head(COMMA, has_header=False)),
        ("id,2019,2020\na,1,2\nb,1,2\n", WHOLE),
        ("id,0.5,0.975\na,1,2\nb,1,2\n", WHOLE),
        ("0,1,2\n0.12345,1,1\n0.5,1,1\n", WHOLE),
        ("text,label\nbad,no\ngood,yes\nugly,no\n", WHOLE),
        ("a,1\nb,2\nc,3\n", WHOLE),
        ("x,x\n1,2\n3,4\n5,6\n", WHOLE),
        ("id,NaN\na,1\nb,2\nc,3\n", WHOLE),
        ("nan,x\n1,1\n2,2\n3,3\n", WHOLE),
        ("a;b,c\n1;2,3\n1;2,3\n1;2,3\n", WHOLE),
        ("id,x\n", WHOLE),
        ("", WHOLE),
        ("i\0d\0", WHOLE),
    ],
)
def test_for_a_script(sample: str, head: Head):
    assert read_head("f.csv", sample.encode(), is_script=True) == head


@pytest.mark.parametrize(
    ("name", "sample", "head"),
    [
        ("f.csv", "text,label\nbad,no\n", Head(COMMA, has_header=True)),
        ("f.csv", "a;b\n1;2\n", Head(COMMA, has_header=True)),
        ("f.csv", "1,2\n3,4\n5,6\n", Head(COMMA, has_header=False)),
        ("f.tsv", "a\tb\n1\t2\n", Head(Dialect("\t"), has_header=True)),
        ("f.jsonl", '{"a": 1}\n', Head(Dialect(None))),
        ("f.ndjson", "", Head(Dialect(None))),
        ("f.jsonl", "{\0", WHOLE),
    ],
)
def test_for_an_mlflow_model(name: str, sample: str, head: Head):
    assert read_head(name, sample.encode(), is_script=False) == head


def test_two_byte_characters_are_not_cut():
    assert read_head("f.csv", "id,x\n1,2\n".encode("utf-16"), is_script=False) == WHOLE
