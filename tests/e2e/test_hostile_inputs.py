"""Names and cells that bite, through the whole of the running stack to the downloaded file."""

import csv
import io
from pathlib import Path

import pytest

from tests.e2e.conftest import CODE
from tests.e2e.model import predict
from tests.e2e.service import CONTAINER, DATASTORE, Service

FOLDER = "hostile"
TAKEN = [
    "=cmd|' !A0.csv",
    "+1.csv",
    "-1.csv",
    "@SUM(A1).csv",
    "..csv",
    "%2e%2e%2fx.csv",
    "%00.csv",
    "~.csv",
    "$(id).csv",
    "a;b&c|d.csv",
    "a'b\"c.csv",
    "con.csv",
    " lead.csv",
    "e\u0301.csv",
    "\u00e9.csv",
    "\u202egpj.csv",
    "line\u2028.csv",
    "x.csv/x.csv",
    "deep/" * 100 + "d.csv",
    "ä" * 130 + ".csv",
    "x" * (1024 - len(FOLDER) - 5) + ".csv",
]
CELLS = [
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x","y")',
    "\t=1",
    " =1",
    "\uff1d1",
    "-",
    "=",
    "0=1",
    "a\r\n=1",
    "a\n@b",
]


def test_inputs_keep_their_names_and_none_gets_out_of_its_folder(
    service: Service, plane: str, tmp_path: Path
) -> None:
    uri = service.put(FOLDER, {name: f"x,y\n{number},1\n" for number, name in enumerate(TAKEN, 1)})
    job = service.run(plane, uri)
    assert service.manifest(job)["files"] == {"in": len(TAKEN), "scored": len(TAKEN), "failed": 0}
    found = {row["file"]: float(row["prediction"]) for row in service.rows(job)}
    assert set(found) == set(TAKEN)
    for number, name in enumerate(TAKEN, 1):
        assert found[name] == pytest.approx(predict(number, 1)), name
    told = service.cli("job", "download", "--name", job["name"], "--download-path", tmp_path)
    assert told.code == 0, told.err
    (file,) = tmp_path.rglob("predictions.csv")
    assert file.read_bytes() == service.output(job)


# The emulator cannot list names with characters that XML does not have.
@pytest.mark.parametrize("name", ["a\nb.csv", "tab\t.csv"], ids=ascii)
def test_a_name_with_a_control_character_fails_alone(
    service: Service, plane: str, name: str
) -> None:
    folder = f"control-{len(name)}"
    uri = service.put(folder, {name: "x,y\n1,1\n", "good.csv": "x,y\n1,1\n"})
    job = service.ended(service.start(plane, uri))
    assert [row["file"] for row in service.rows(job)] == ["good.csv"]
    (failed,) = service.failed_files(job)
    assert failed["file"] == name
    assert "control characters" in failed["message"]


def test_cells_that_a_spreadsheet_takes_for_formulas_stay_data(
    service: Service, tmp_path: Path
) -> None:
    (service.home / "nothing.txt").write_text("")
    file = service.home / "echo.yml"
    file.write_text(f"""\
name: echo
traffic: {{script: 100}}
deployments:
  - name: script
    model: {{name: nothing, version: 1, local_path: nothing.txt}}
    code_configuration: {{code: {{local_path: {CODE}}}, scoring_script: echo.py}}
""")
    service.cli("endpoint", "create", "--file", file).json()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([["=head", "@tail"], *([cell, cell] for cell in CELLS)])
    sent = text.getvalue().encode()
    job = service.run("echo", service.put("cells", {"=.csv": sent}))
    assert list(csv.reader(io.StringIO(service.output(job).decode(), newline=""))) == [
        ["=head", "@tail"],
        *([cell, cell] for cell in CELLS),
    ]
    told = service.cli("job", "download", "--name", job["name"], "--download-path", tmp_path)
    assert told.code == 0, told.err
    (downloaded,) = tmp_path.rglob("predictions.csv")
    assert downloaded.read_bytes() == service.output(job)
    assert f"{DATASTORE}/" in job["output"]["uri"]
    assert CONTAINER in job["output"]["uri"]
