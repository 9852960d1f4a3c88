"""How long a thousand KafkaTopic objects take in the local cluster, and what its operator needs for it.

`PYTHONPATH=operator:tests python -m bench.cluster_topics 1000`, after `make cluster`. The topics are gone afterwards.
Next: `kafka_topics.py`, the same without an API server.
"""

import re
import sys
import time
import uuid

from lightkube.generic_resource import create_namespaced_resource
from support.cluster import RELEASE, kubectl
from support.cluster_ring import OPERATOR, api

from parley_operator.topics.model import GROUP, KIND, PLURAL, VERSION

Topics = create_namespaced_resource(GROUP, VERSION, KIND, PLURAL)
MARK = f"{GROUP}/bench"
ASK = "import urllib.request as u; print(u.urlopen('http://localhost:9090/metrics').read().decode())"
LISTED = "parley_kafkatopic_last_resync_timestamp_seconds"
WORKED = "parley_kafkatopic_batch_duration_seconds_sum"
MIB = 1024
PATIENCE_S = 600


def declare(count, run):
    """So many objects, whose topics go with them."""
    for number in range(count):
        name = f"bench-{run}-{number}"
        labels = {"app.kubernetes.io/instance": RELEASE, MARK: run}
        spec = {"partitions": 1, "deletionPolicy": "Delete", "config": {"retention.ms": "600000"}}
        api().create(Topics(metadata={"name": name, "labels": labels}, spec=spec))


def ready(run):
    """How many are."""
    return sum(_is_ready(it.to_dict()) for it in api().list(Topics, labels={MARK: run}, chunk_size=500))


def _is_ready(body):
    found = {it["type"]: it["status"] for it in body.get("status", {}).get("conditions", ())}
    return found.get("Ready") == "True"


def metric(name):
    """A number of the operator's."""
    text = kubectl("exec", f"deployment/{OPERATOR}", "--", "python", "-c", ASK)
    return float(re.search(rf"^{name}(?:\{{.*\}})? (\S+)$", text, re.MULTILINE)[1])


def resident_mib():
    """What the operator holds in memory now, and at most."""
    text = kubectl("exec", f"deployment/{OPERATOR}", "--", "cat", "/proc/1/status")
    return [int(re.search(rf"^{it}:\s+(\d+) kB", text, re.MULTILINE)[1]) // MIB for it in ("VmRSS", "VmHWM")]


def until(is_so):
    """Wait for it."""
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, f"not after {PATIENCE_S} s"
        time.sleep(1)


def unchanged_resync_s():
    """How long the operator works at a listing in which nothing is new."""
    until(lambda: metric("parley_kafkatopic_queue") == 0)
    listed, before = metric(LISTED), metric(WORKED)
    until(lambda: metric(LISTED) != listed)
    until(lambda: metric("parley_kafkatopic_queue") == 0)
    return metric(WORKED) - before


def main(count):
    """Print the figures."""
    run = uuid.uuid4().hex[:8]
    print(f"resident before: {resident_mib()[0]} MiB")
    begun = time.monotonic()
    try:
        declare(count, run)
        print(f"{count} objects made after {time.monotonic() - begun:.1f} s")
        until(lambda: ready(run) == count)
        print(f"{count} topics Ready after {time.monotonic() - begun:.1f} s")
        print(f"an unchanged resync takes {unchanged_resync_s():.1f} s")
        print("resident: {} MiB, at most {} MiB".format(*resident_mib()))
    finally:
        begun = time.monotonic()
        api().deletecollection(Topics, labels={MARK: run})
        until(lambda: not list(api().list(Topics, labels={MARK: run})))
        print(f"gone after {time.monotonic() - begun:.1f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]))
