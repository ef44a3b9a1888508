"""Setup before a user opens the studio: a running service with an endpoint."""

from pathlib import Path
from typing import Self

from tests.e2e.service import CONTAINER, Service, start_stack

CODE = Path(__file__).parent / "code"
ENDPOINT = """\
name: weather
description: Daily means of weather stations
tags: {{team: climate}}
traffic: {{mean: 100}}
deployments:
  - name: mean
    description: the mean of each file's readings
    model: {{name: mean, version: 1, local_path: model.txt}}
    code_configuration:
      code: {{local_path: {code}}}
      scoring_script: readings.py
    environment_variables: {{GATE: "{gate}", FROM: "{held}"}}
    max_concurrency_per_instance: 2
    mini_batch_size: 1
    output_file_name: means.csv
    retry_settings: {{max_retries: 1, timeout: 60}}
    error_threshold: -1
"""
HELD = 70


class Surroundings:
    """A stack, and the endpoint `weather`, whose jobs wait before a file until the gate is open."""

    def __init__(self, folder: Path, held: int = HELD) -> None:
        self._folder = folder
        self._held = held
        self.gate = folder / "gate"

    def __enter__(self) -> Self:
        self.service = Service(start_stack(self._folder), self._folder)
        self.service.storage.create_container(CONTAINER)
        (self._folder / "model.txt").write_text("none\n")
        file = self._folder / "weather.yml"
        file.write_text(ENDPOINT.format(code=CODE, gate=self.gate, held=self._held))
        self.service.cli("endpoint", "create", "--file", file).json()
        return self

    def __exit__(self, *exception: object) -> None:
        self.service.close()
        self.service.stack.stop()


def readings(count: int, *broken: int, first: int = 0) -> dict[str, str]:
    """Files of readings, numbered from `first`; some are broken where that is asked for."""
    files = {
        f"station-{number:04d}.csv": "".join(
            f"{number % 30 + hour / 24:.2f}\n" for hour in range(24)
        )
        for number in range(first, first + count)
    }
    return files | {f"station-{number:04d}.csv": "12.5\nno reading\n" for number in broken}
