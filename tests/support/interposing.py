"""A real port with something in between: where a test makes a caller wait, fail or die, by the name of the call."""

from collections.abc import Awaitable, Callable
from typing import Any

Step = Callable[[str], Awaitable[None]]


class Interposed:
    """The port, with `step` awaited before and after each call: as `before append`, `after append`."""

    def __init__(self, port: Any, step: Step) -> None:
        self._port, self._step = port, step

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        async def call(*values: Any, **named: Any) -> Any:
            await self._step(f"before {name}")
            result = await method(*values, **named)
            await self._step(f"after {name}")
            return result

        return call
