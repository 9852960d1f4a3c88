"""The built web client: which files each page needs (Vite's manifest), and the files themselves.

Read once at the start; a name that was not there then is not served, so no path of a request ever reaches the disk.
"""

import gzip
import mimetypes
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import msgspec

from parley.configuration import ConfigurationError
from parley.registration_api.ports import Asset, PageFiles

CHAT = "src/main.tsx"
LOGIN = "src/features/login/login.ts"

_TEXT = ("text/", "application/javascript", "application/json", "application/manifest+json", "image/svg+xml")


class Chunk(msgspec.Struct):
    """What Vite's manifest says about one module."""

    file: str
    css: list[str] = []
    imports: list[str] = []


Manifest = Mapping[str, Chunk]


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
        manifest = msgspec.json.decode((dist / ".vite" / "manifest.json").read_bytes(), type=dict[str, Chunk])
        chat, login = (_page_files(manifest, entry) for entry in (CHAT, LOGIN))
    except (OSError, msgspec.MsgspecError, KeyError):
        raise ConfigurationError(f"CHAT_WEB_DIST: there is no built client in {dist}; run `make web`.") from None
    folder = dist / "assets"
    assets = {str(file.relative_to(folder)): FileAsset(file) for file in folder.rglob("*") if file.is_file()}
    return ClientBuild(chat, login, assets)


def _page_files(manifest: Manifest, entry: str) -> PageFiles:
    modules = [manifest[name] for name in _with_imports(manifest, entry, set())]
    return PageFiles(
        script=f"/{manifest[entry].file}",
        preloads=[f"/{module.file}" for module in modules[:-1]],
        styles=list(dict.fromkeys(f"/{style}" for module in modules for style in module.css)),
    )


def _with_imports(manifest: Manifest, name: str, seen: set[str]) -> list[str]:
    # What is imported comes first, as its styles must; modules may be imported along several ways, or in a circle.
    seen.add(name)
    found: list[str] = []
    for imported in manifest[name].imports:
        if imported not in seen:
            found += _with_imports(manifest, imported, seen)
    return [*found, name]
