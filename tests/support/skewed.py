"""A service whose clock is wrong by SKEW_S seconds, as far as Python tells the time.

Started like the service itself: `python skewed.py registration-api`. The C libraries beneath still see the machine's
clock; they measure spans with the steady one, which nobody skews.
"""

import os
import sys
import time
from pathlib import Path

LAUNCHER = ("-P", str(Path(__file__)))
"""Without the folder of this file on the path, where some modules are named like drivers."""


def skew(seconds: float) -> None:
    """From now on it is so much later."""
    now, now_ns = time.time, time.time_ns
    time.time = lambda: now() + seconds
    time.time_ns = lambda: now_ns() + round(seconds * 1e9)


if __name__ == "__main__":
    skew(float(os.environ["SKEW_S"]))
    from parley.__main__ import main

    sys.argv[0] = "parley"
    main()
