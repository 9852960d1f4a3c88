"""What a caller sees when the database does not answer; the driver's own exceptions stay in `parley.sql`."""

from parley.contracts.problems import ProblemError


class DatabaseUnavailable(ProblemError):
    """The database could not be reached, is locked, or cannot write; nothing of the transaction was kept.

    The same call may succeed later. At the edge it is the `unavailable` problem.
    """

    def __init__(self) -> None:
        super().__init__("unavailable", retry_after_ms=1000)
