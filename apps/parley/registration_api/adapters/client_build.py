"""The built web client: which files each page needs (Vite's manifest), and the files themselves.

Read once at the start; a name that was not there then is not served, so no path of a request ever reaches the disk.
"""

import gzip
import json
import mimetypes
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from parley.configuration import ConfigurationError
from parley.registration_api.ports import Asset, PageFiles

CHAT = "src/main.tsx"
LOGIN = "src/features/login/login.ts"

_TEXT = ("text/", "application/javascript", "application/json", "application/manifest+json", "image/svg+xml")


class ClientBuild:
    """One built client. `chat` and `login` are the files of the two entries."""

    def __init__(self, chat: PageFiles, login: PageFiles, assets: Mapping[str, Asset]) -> None:
        self.chat, self.login = chat, login
        self._assets = assets

    def asset(self, name: str) -> Asset | None:
        """The file `assets/<name>`; None if the build has none such."""
        return self._assets.get(name)


class FileAsset:
    """A file that is read when it is first asked for, and compressed once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"

    @cached_property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self._path.read_bytes()

    @cached_property
    def compressed(self) -> bytes | None:
        """The same with gzip, or None for what does not become smaller."""
        return gzip.compress(self.content, 9) if self.media_type.startswith(_TEXT) else None


def read_client_build(dist: Path) -> ClientBuild:
    """Read a folder that Vite has built. Raises ConfigurationError if it is not there or not complete."""
    try:
        manifest = json.loads((dist / ".vite" / "manifest.json").read_text())
        chat, login = (_page_files(manifest, entry) for entry in (CHAT, LOGIN))
    except (OSError, ValueError, KeyError):
        raise ConfigurationError(f"CHAT_WEB_DIST: there is no built client in {dist}; run `make web`.") from None
    folder = dist / "assets"
    assets = {str(file.relative_to(folder)): FileAsset(file) for file in folder.rglob("*") if file.is_file()}
    return ClientBuild(chat, login, assets)


def _page_files(manifest: Mapping[str, Any], entry: str) -> PageFiles:
    imported = _imported(manifest, entry)
    return PageFiles(
        script=f"/{manifest[entry]['file']}",
        preloads=[f"/{manifest[name]['file']}" for name in imported if name != entry],
        styles=list(dict.fromkeys(f"/{css}" for name in imported for css in manifest[name].get("css", ()))),
    )


def _imported(manifest: Mapping[str, Any], entry: str) -> list[str]:
    # What is imported comes first, as its styles must; a module may be imported along several ways.
    found: dict[str, None] = {}
    for name in manifest[entry].get("imports", ()):
        found.update(dict.fromkeys(_imported(manifest, name)))
    return [*found, entry]
