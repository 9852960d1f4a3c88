"""The golden transcripts beside the protocol are what a running product answers, member by member."""

import json

import pytest
from contracts.transcripts import FILES, TURN, read, replay
from support.parley_process import ParleyProcess


@pytest.fixture(scope="module")
def with_relay(tmp_path_factory):
    """A running product that has a relay to tell of."""
    process = ParleyProcess(tmp_path_factory.mktemp("transcripts"), **TURN)
    yield process.start()
    process.stop()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_transcript_comes_true(with_relay, file):
    """Each request gets the response that is written, and each frame that is written comes, whatever comes between."""
    replay(with_relay, file)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_transcript_tells_nothing_of_a_real_run(file):
    """Whatever differs from run to run is a placeholder: no id, address, credential or description is left."""
    _, steps = read(file)
    text = json.dumps([step for step in steps if "note" not in step or step.pop("note")])
    assert "Bearer {" in text
    for secret in ("ice-ufrag", "-7", "v=0", "127.0.0.1", "localhost"):
        assert secret not in text


def test_there_are_transcripts():
    """Signing in, chatting, and both ways to call are shown."""
    assert len(FILES) == 4
