"""The OpenAPI documents beside the protocol are those that the services serve."""

from contracts.descriptions import FOLDER, described, written


async def test_the_files_are_up_to_date(tmp_path):
    """Each service's document is the file that bears its name, and there is no other; else run `make protocol`."""
    served = {name: written(document) for name, document in (await described(tmp_path)).items()}
    assert {file.stem: file.read_text() for file in FOLDER.iterdir()} == served
    assert len(served) == 4
