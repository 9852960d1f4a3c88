"""What a caller sees when the database does not answer; the driver's own exceptions stay in `parley.sql`."""

from parley.contracts.problems import ProblemError


class DatabaseUnavailable(ProblemError):
    """The database could not be reached, is locked, took too long or cannot write.

    Nothing of the transaction was kept, except that all of it may have been if the answer to its commit was lost. The
    same call may succeed later. At the edge it is the `unavailable` problem.
    """

    def __init__(self) -> None:
        super().__init__("unavailable", retry_after_ms=1000)
