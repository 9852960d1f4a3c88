"""Reading a code out of the Mailpit that catches the installation's mails."""

import asyncio
import re

import httpx2

_EVERY_S = 0.25
_CODE = re.compile(r"\b\d{6}\b")


async def code_for(http: httpx2.AsyncClient, url: str, address: str) -> str:
    """The code in the newest mail to this address, as soon as there is one. Raises httpx2.HTTPError."""
    while True:
        found = await http.get(f"{url}/api/v1/search", params={"query": f'to:"{address}"'})
        found.raise_for_status()
        for summary in found.json()["messages"]:
            mail = (await http.get(f"{url}/api/v1/message/{summary['ID']}")).raise_for_status().json()
            if code := _CODE.search(mail["Text"]):
                return code.group()
        await asyncio.sleep(_EVERY_S)
