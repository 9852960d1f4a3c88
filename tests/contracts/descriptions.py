"""The OpenAPI documents beside the protocol: what each service says of itself, for authors of clients.

`python -m contracts.descriptions` writes them, which `make protocol` does; `test_descriptions.py` says if they are old.
"""

import asyncio
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2

from parley.embedded import components
from parley.embedded_settings import configure
from parley.readiness import Readiness
from parley.rest.application import build_application
from parley.telemetry.handed import Telemetry

FOLDER = Path(__file__).parents[2] / "docs" / "protocol" / "openapi"


def written(document: Mapping[str, Any]) -> str:
    """A document as its file has it."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


async def described(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    """The document of each service that listens, by its name, as it serves it; data goes to `folder`."""
    documents = {}
    async with components(configure(folder, 8082), Telemetry()) as made:
        for component in (it for it in made if it.routers):
            app = build_application(component.name, [component], (), Readiness({}, asyncio.Event()))
            async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://described") as http:
                document = (await http.get("/openapi.json")).json()
            documents[component.name] = document
    return documents


def main() -> None:
    """Write the files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, document in asyncio.run(described(Path(folder))).items():
            (FOLDER / f"{name}.json").write_text(written(document))


if __name__ == "__main__":
    main()
