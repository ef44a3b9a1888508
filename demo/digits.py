"""Second part: a scoring script on images, as a second deployment that takes over the traffic.

The 1,797 handwritten digits of scikit-learn as PNG files; the model has seen every second one.
"""

import csv
from pathlib import Path
from typing import Any

from demo.commands import Commands, say
from demo.jobs import Expected, Scored, score
from demo.png import encode_grey

NAME = "Handwritten digits (scoring script, PNG files)"
IMAGES = 1797


def make(folder: Path) -> None:
    """Writes `digits/`, `digits_model.joblib` and `digits_answers.csv`."""
    import joblib  # noqa: PLC0415 - slow to import, needed once
    from sklearn.datasets import load_digits  # noqa: PLC0415
    from sklearn.svm import SVC  # noqa: PLC0415

    data: Any = load_digits()
    # The data's 17 shades of grey, 0 to 16, as the 256 of a PNG file.
    images = (data.images * 255 / 16).round().astype("uint8")
    (folder / "digits").mkdir()
    with (folder / "digits_answers.csv").open("w", encoding="utf-8", newline="") as file:
        answers = csv.writer(file)
        answers.writerow(["file", "row", "label", "seen"])
        for number, (image, label) in enumerate(zip(images, data.target, strict=True)):
            name = f"digit-{number:04d}.png"
            height, width = image.shape
            (folder / "digits" / name).write_bytes(encode_grey(image.tobytes(), width, height))
            answers.writerow([name, 0, label, "yes" if number % 2 == 0 else "no"])

    pixels = images.reshape(len(images), -1) / 255
    model = SVC().fit(pixels[::2], data.target[::2])
    joblib.dump(model, folder / "digits_model.joblib")


def run(commands: Commands) -> Scored:
    """Adds the deployment, gives it the traffic, and scores all images."""
    say("\n# A second deployment, with a scoring script, takes over: 1,797 local PNG files.")
    commands.read(
        "batchpoint endpoint update --name demo --deployment-file add-deployment.yml "
        '--query "deployments[].name" -o tsv'
    )
    commands.read(
        "batchpoint endpoint update --name demo --traffic digits:100 --query traffic -o json"
    )
    return score(commands, Expected("digits", IMAGES, IMAGES, "digits", "digit"))
