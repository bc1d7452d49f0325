"""What BigQuery has billed."""

from typing import Any


class Bill:
    """The bytes billed for the jobs of a call, which count for the warehouse that the call was made from too."""

    def __init__(self, whole: "Bill | None" = None) -> None:
        self.bytes = 0
        self._whole = whole

    def add(self, job: Any) -> None:
        """Count a job that has ended. A load job bills nothing, and of a script's statements the script has the sum.

        The statistics of a job that was cancelled, or of one that ran on an emulator, may say nothing.
        """
        self._count(getattr(job, "total_bytes_billed", None) or 0)

    def _count(self, billed: int) -> None:
        self.bytes += billed
        if self._whole is not None:
            self._whole._count(billed)
