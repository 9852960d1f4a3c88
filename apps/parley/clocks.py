"""What time it is: the two clocks of this machine, or in development the same two moved forward.

Whatever ends by itself asks one of them: a code, a session, a credential, a ring. Engines that are servers have
clocks of their own, which nobody here moves. Next: `clock_route.py`, which moves them.
"""

import time
from dataclasses import dataclass, field


class Clocks:
    """The clocks of this machine."""

    def wall(self) -> float:
        """Seconds since 1970 UTC."""
        return time.time()

    def steady(self) -> float:
        """Seconds from some moment on; they never go back."""
        return time.monotonic()

    def wall_ms(self) -> int:
        """Whole milliseconds since 1970 UTC."""
        return int(self.wall() * 1000)


MACHINE = Clocks()


@dataclass
class MovedClocks(Clocks):
    """The same, ahead of this machine by `moved_s` seconds."""

    moved_s: float = field(default=0.0)

    def wall(self) -> float:
        """See the class above."""
        return super().wall() + self.moved_s

    def steady(self) -> float:
        """See the class above."""
        return super().steady() + self.moved_s

    def move(self, seconds: float) -> None:
        """Go forward by so many seconds, at least none. Raises ValueError: going back would break every promise."""
        if seconds < 0:
            raise ValueError("a clock goes forward only")
        self.moved_s += seconds
