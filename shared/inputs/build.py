"""Wires the services that read the inputs of jobs."""

from dataclasses import dataclass

from shared.assets.datastores import Datastores
from shared.inputs.piece_reader import PieceReader
from shared.inputs.reader import Inputs, PublicSource
from shared.jobs.build import JobServices
from shared.storage.ports import BlobStore


@dataclass(frozen=True)
class InputServices:
    """The files of inputs, and the pieces of large ones."""

    reader: Inputs
    pieces: PieceReader


def build_inputs(
    blobs: BlobStore, datastores: Datastores, jobs: JobServices, public: PublicSource
) -> InputServices:
    """Makes the services of the room."""
    reader = Inputs(blobs, datastores, public)
    return InputServices(reader=reader, pieces=PieceReader(jobs.repository, reader))
