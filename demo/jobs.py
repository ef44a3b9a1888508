"""One job of the demo: invoke, stream, download, and the checks of what came out."""

from dataclasses import dataclass
from itertools import islice

from demo.checks import accuracy, check_manifest, read_answers, read_rows
from demo.commands import Commands, say

_SHOWN_LINES = 6


@dataclass(frozen=True)
class Expected:
    """Input of a job, and its expected output.

    Attributes:
        data: The folder that is scored; its answers are beside it.
        files: How many files it has.
        rows: How many rows the output should have.
        output: The output's name without its ending.
        column: The column with the predictions.
    """

    data: str
    files: int
    rows: int
    output: str
    column: str


@dataclass(frozen=True)
class Scored:
    """Result of a job: the accuracy on data that the model had not seen, and the job's page."""

    accuracy: float
    page: str


def score(commands: Commands, expected: Expected) -> Scored:
    """Runs a job on the endpoint `demo`, and holds its output against what is true.

    Raises:
        DemoError: A command failed, or the results are not what they should be.
    """
    job = commands.read(
        f"batchpoint endpoint invoke --name demo --input-local-path {expected.data} "
        "--query name -o tsv"
    )
    commands.run(f"batchpoint job stream --name {job}")
    folder = f"{expected.data}_results"
    commands.run(
        f"batchpoint job download --name {job} --download-path {folder} --all "
        '--query "[].path" -o tsv'
    )
    page = commands.read(
        f'batchpoint job show --name {job} --query "interactionEndpoints.Studio.endpoint" -o tsv'
    )
    return Scored(_check(commands, expected, folder), page)


def _check(commands: Commands, expected: Expected, folder: str) -> float:
    results = commands.folder / folder
    manifest = results / f"{expected.output}.manifest.json"
    say(f"\nCounts: {check_manifest(manifest, files=expected.files, rows=expected.rows)}.")
    output = results / f"{expected.output}.csv"
    say("The first predictions:")
    with output.open(encoding="utf-8") as lines:
        say("".join(islice(lines, _SHOWN_LINES)).rstrip())
    predictions = {
        (row["file"], int(row.get("row", 0))): row[expected.column] for row in read_rows(output)
    }
    answers = read_answers(commands.folder / f"{expected.data}_answers.csv")
    share = accuracy(predictions, answers)
    say(f"Accuracy on what the model had not seen: {share:.3f}")
    return share
