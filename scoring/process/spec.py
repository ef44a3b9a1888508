"""Specifications of scorers, and their requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scoring.sandbox.confinement import Confinement
from shared.endpoints.scoring_settings import OutputAction
from shared.formats.output_format import OutputFormat
from shared.formats.output_formats import CSV
from shared.inputs.piece_content import PieceFrame


@dataclass(frozen=True)
class ScorerLimits:
    """Limits that the kernel enforces on a scorer; None sets no limit.

    Attributes:
        memory: Bytes of data memory of each of its processes (`RLIMIT_DATA`).
        processes: How many processes and threads it may add to those that the host's user has
            (`RLIMIT_NPROC`, which counts by user, and binds no host that runs as root).
        file_size: Bytes of a file that it writes (`RLIMIT_FSIZE`).
    """

    memory: int | None = None
    processes: int | None = None
    file_size: int | None = None


@dataclass(frozen=True)
class ScorerSpec:
    """Everything that is needed to start a scorer.

    Attributes:
        key: Names the deployment version; a scorer is reused for requests of its own key only.
        model_dir: What `AZUREML_MODEL_DIR` points to.
        mlflow_dir: The folder with the `MLmodel` file of a model that is scored without code.
        code_dir: The folder that holds the scoring script and the modules beside it.
        scoring_script: The path of the scoring script in `code_dir`.
        python: The interpreter of the deployment's environment, 3.8 or newer.
        environment_variables: What the user sets for the scorer; not shown in `repr`.
        logging_level: `WARNING`, `INFO` or `DEBUG`.
        limits: What the kernel lets it have.
        confinement: What keeps it from other deployments' files; None where nothing does.
        output_parent: The folder in which its output folders are made.
    """

    key: str
    model_dir: Path
    mlflow_dir: Path | None
    code_dir: Path | None
    scoring_script: str | None
    python: Path
    environment_variables: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    logging_level: str = "INFO"
    limits: ScorerLimits = field(default_factory=ScorerLimits)
    confinement: Confinement | None = None
    output_parent: Path | None = None

    def __post_init__(self) -> None:
        """Refuses a spec that is neither an MLflow model nor a script."""
        has_script = self.code_dir is not None and self.scoring_script is not None
        if has_script == (self.mlflow_dir is not None):
            raise ValueError("a scorer needs either mlflow_dir, or code_dir and scoring_script")


@dataclass(frozen=True)
class InputFile:
    """One input, already downloaded, or a piece of one.

    Attributes:
        name: The input's name as its user knows it: a relative path, with `/` between folders.
        data: The whole content, or the records of the piece.
        piece: What belongs around the records of a piece; None for a whole file.
    """

    name: str
    data: bytes = field(repr=False)
    piece: PieceFrame | None = None

    @property
    def parts(self) -> tuple[bytes, ...]:
        """Files of the input, in order."""
        if self.piece is None:
            return (self.data,)
        return (self.piece.head, self.data, self.piece.tail)

    @property
    def size(self) -> int:
        """The bytes of all its parts."""
        return sum(len(part) for part in self.parts)


@dataclass(frozen=True)
class ScoreRequest:
    """One mini-batch to score.

    Attributes:
        files: The inputs, in the order in which `run()` gets them. A piece is alone.
        output_action: `append_row` or `summary_only`.
        timeout: Seconds for the one `run()`, from sending the inputs to having the rows.
        output_dir: What `AZUREML_BI_OUTPUT_PATH` is during this `run()`.
        output_format: The format that the rows come back in.
    """

    files: Sequence[InputFile]
    output_action: str
    timeout: float
    output_dir: Path | None = None
    output_format: OutputFormat = CSV

    def __post_init__(self) -> None:
        """Refuses values that no scorer understands."""
        OutputAction(self.output_action)
        if len(self.files) > 1 and any(file.piece for file in self.files):
            raise ValueError("a piece of a file must be scored alone.")
        if self.timeout <= 0:
            raise ValueError(f"timeout must be positive, not {self.timeout}.")
