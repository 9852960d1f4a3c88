"""The conformance suite against the product with a real Redis-compatible server behind it.

`tests/conformance` runs by itself against whatever a URL names or, as here, what it starts with this environment.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support import valkey

ROOT = Path(__file__).parents[2]
_PATIENCE_S = 600


@pytest.mark.engine
def test_it_conforms_over_redis():
    """Every rule of the protocol holds with calls, sessions and nudges in Redis."""
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/conformance"],
        cwd=ROOT,
        env=os.environ | {"REDIS_URL": valkey.url()},
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
    )
    assert run.returncode == 0, run.stdout
    assert " passed" in run.stdout
