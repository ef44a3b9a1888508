"""Makes the output file of what chunks gave: a header, then their blocks in order."""

from collections.abc import Sequence

from shared.assets.datastores import Datastores
from shared.errors import ConflictError
from shared.formats.output_format import Columns
from shared.jobs.model import Job
from shared.jobs.records import HEADER_BLOCK_ID, ChunkRecord
from shared.outputs.files import HAS_HEADER, HEADER_METADATA, JOB_METADATA, Outputs
from shared.results.output_blocks import OutputBlocks
from shared.storage.ports import BlobStore


class OutputAssembly:
    """Commits output files, each at most once."""

    def __init__(self, blobs: BlobStore, datastores: Datastores, outputs: Outputs) -> None:
        self._blobs = blobs
        self._datastores = datastores
        self._outputs = outputs
        self._blocks = OutputBlocks(blobs, datastores)

    def commit(self, job: Job, chunks: Sequence[ChunkRecord], columns: Columns) -> bool:
        """Makes the output of the staged blocks; False if somebody else made it before.

        Args:
            job: The job.
            chunks: All that it gave, in the order of the input.
            columns: The columns that its rows have in common.
        """
        container, name = self._datastores.locate(job.output.file)
        blocks = self._blocks.all(job, chunks)
        metadata = {JOB_METADATA: job.name}
        output_format = job.output_format
        header = output_format.header(columns)
        if header:
            metadata[HEADER_METADATA] = HAS_HEADER
            self._blobs.stage_block(container, name, HEADER_BLOCK_ID, header)
            blocks.insert(0, HEADER_BLOCK_ID)
        try:
            self._blobs.commit_blocks(
                container, name, blocks, content_type=output_format.content_type, metadata=metadata
            )
        except ConflictError:
            return self._outputs.belongs_to(job)
        return True
