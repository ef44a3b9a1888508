"""The driver's modules import each other as they do in a scorer, by their bare names."""

import sys
from pathlib import Path

import scoring.driver_frames

sys.path.append(str(Path(scoring.driver_frames.__file__).parent))
