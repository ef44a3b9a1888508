"""Assembly and previews of output files."""

from scoring.driver.encoders import ENCODERS
from shared.formats.output_formats import CSV, OUTPUT_FORMATS, output_format_of


def test_each_format_has_an_encoder() -> None:
    assert [one.name for one in OUTPUT_FORMATS] == list(ENCODERS)


def test_a_name_tells_the_format() -> None:
    assert output_format_of("out/predictions.csv") is CSV
    assert output_format_of("predictions.txt") is None


def test_columns_must_agree() -> None:
    assert CSV.common_columns([]) == (None, None)
    assert CSV.common_columns([("a", ("x",)), ("b", ("x",))]) == (("x",), None)
    _, problem = CSV.common_columns([("chunk 0", ("x",)), ("chunk 1", ("y", "z"))])
    assert problem is not None
    assert "chunk 1 returned the columns y, z, but chunk 0 the columns x" in problem
    assert CSV.common_columns([("a", None), ("b", ("x",))])[1] is not None


def test_a_csv_file_begins_with_its_columns() -> None:
    assert CSV.header(("file", 'a "b", c')) == b'file,"a ""b"", c"\n'
    assert CSV.header(None) == b""


def test_the_head_of_a_csv_file_has_no_line_that_is_cut_off() -> None:
    data = b"x,y\n1,2\n3,"
    head = CSV.read_head(lambda start, end: data[start:end], 20, has_header=True)
    assert (head.columns, head.rows, head.is_whole) == (("x", "y"), (("1", "2"),), False)
    whole = CSV.read_head(lambda start, end: data[start:end], len(data), has_header=False)
    assert (whole.columns, whole.is_whole) == (None, True)
    assert whole.rows == (("x", "y"), ("1", "2"), ("3", ""))
