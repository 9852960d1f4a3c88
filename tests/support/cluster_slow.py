"""The local cluster's operator, to which the API server is slow: a sidecar holds back each piece that comes from there.

To everybody else, the ring agents and the tests among them, it is as quick as ever.
"""

import contextlib
import json
from collections.abc import Iterator

from support.cluster import kubectl, read
from support.cluster_ring import OPERATOR

_PORT = 6443
_DELAY_S = 1.0

_RELAY = f"""
import asyncio, os

SERVER = os.environ["KUBERNETES_SERVICE_HOST"], int(os.environ["KUBERNETES_SERVICE_PORT"])

async def pass_on(reader, writer, delay_s):
    while data := await reader.read(65536):
        await asyncio.sleep(delay_s)
        writer.write(data)
    writer.close()

async def accept(reader, writer):
    inner, outer = await asyncio.open_connection(*SERVER)
    await asyncio.gather(pass_on(reader, outer, 0), pass_on(inner, writer, {_DELAY_S}))

async def main():
    async with await asyncio.start_server(accept, "0.0.0.0", {_PORT}) as server:
        await server.serve_forever()

asyncio.run(main())
"""


@contextlib.contextmanager
def slow_api_server() -> Iterator[None]:
    """An operator to which each answer comes a second late, and each new connection several."""
    (container,) = read("deployment", OPERATOR)["spec"]["template"]["spec"]["containers"]
    relay = {key: container[key] for key in ("image", "imagePullPolicy", "securityContext")}
    relay |= {"name": "slow", "command": ["python", "-c", _RELAY], "restartPolicy": "Always"}
    relay["startupProbe"] = {"tcpSocket": {"port": _PORT}, "periodSeconds": 1, "failureThreshold": 60}
    way = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(_PORT)}
    led = {"name": container["name"], "env": [{"name": name, "value": value} for name, value in way.items()]}
    pod = {"initContainers": [relay], "containers": [led]}
    kubectl("patch", "deployment", OPERATOR, "-p", json.dumps({"spec": {"template": {"spec": pod}}}))
    try:
        _rolled_out()
        yield
    finally:
        kubectl("rollout", "undo", f"deployment/{OPERATOR}")
        _rolled_out()


def _rolled_out() -> None:
    kubectl("rollout", "status", f"deployment/{OPERATOR}", "--timeout=180s")
