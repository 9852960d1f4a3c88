"""skaffold.yaml and the Tiltfile are two doors to one loop: the same images, rules, values and ports, all of them real.

Neither tool runs here. What the chart makes of it is in `tests/chart/test_loops.py`; that a changed file is served, in
`tests/cluster/test_live_sync.py`.
"""

import copy
import re
import runpy

import jsonschema
import pytest
import starlark
from loops import skaffold
from loops.skaffold import ROOT
from loops.tilt import Tilt, evaluate

DOCKERFILE = (ROOT / "Dockerfile").read_text()
LIVE = runpy.run_path(str(ROOT / "k8s/images/live.py"))


@pytest.fixture(scope="module")
def tilt() -> Tilt:
    return evaluate(ROOT / "Tiltfile")


@pytest.fixture(scope="module")
def dev():
    """The images of the loop as skaffold has them."""
    return skaffold.artifacts("dev")


def rules(artifact):
    """The sync rules: which folder goes where."""
    found = artifact.get("sync", {}).get("manual", [])
    assert all(it["src"] == f"{it['strip']}/**" for it in found)
    return {(it["strip"], it["dest"]) for it in found}


def rules_of_tilt(build):
    return {tuple(it["sync"]) for it in build["live_update"] if "sync" in it}


def watched(artifact):
    return {it.removesuffix("/**") for it in artifact["custom"]["dependencies"]["paths"]}


def command(text):
    """A build command, without what each tool calls the image and the context."""
    return text.replace("$EXPECTED_REF", "$IMAGE").replace('"$BUILD_CONTEXT"', ".")


def stage(name):
    """The lines of a stage of the Dockerfile."""
    return re.search(rf"(?ms)^FROM (\S+) AS {re.escape(name)}$(.*?)(?=^FROM |\Z)", DOCKERFILE)


def copied(name):
    """What a stage and those below it take from the context: (source, destination) of each COPY."""
    found = stage(name)
    if found is None:
        return []
    lines = re.findall(r"^COPY (.+)$", found[2], re.M)
    mine = [it.split() for it in lines if "--from" not in it]
    return [([part for part in it if not part.startswith("--")]) for it in mine] + copied(found[1])


def test_skaffold_yaml_is_what_its_version_knows():
    """Every field is one of skaffold/v4beta14, with a value of its type."""
    jsonschema.validate(skaffold.document(), skaffold.SCHEMA)


@pytest.mark.parametrize("path", ["profiles/0/portforward", "profiles/0/build/artifacts/0/sync/manual/0/source"])
def test_a_field_that_it_does_not_know_is_refused(path):
    """A misspelt name is a mistake, which skaffold would tell only when it starts."""
    document = copy.deepcopy(skaffold.document())
    *way, name = path.split("/")
    place = document
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    place[name] = "x"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, skaffold.SCHEMA)


def test_an_argument_that_tilt_does_not_know_is_refused(tmp_path):
    """The built-ins of the evaluation have Tilt's parameters and no others."""
    (tmp_path / "Tiltfile").write_text('custom_build("a", "b", deps=[], live_updates=[])')
    with pytest.raises(starlark.StarlarkError, match="live_updates"):
        evaluate(tmp_path / "Tiltfile")


def test_both_build_the_same_images_alike(dev, tilt):
    """The same names by the same commands, for changes of the same files."""
    assert set(dev) == set(tilt.builds)
    for image, build in tilt.builds.items():
        assert command(dev[image]["custom"]["buildCommand"]) == command(build["command"])
        assert watched(dev[image]) == set(build["deps"])


def test_both_copy_the_same_files(dev, tilt):
    """The same folders to the same places; in Tilt every other file that the image is made of means a new one."""
    for image, build in tilt.builds.items():
        assert rules(dev[image]) == rules_of_tilt(build)
        if build["live_update"]:
            (rest,) = [it["fall_back_on"] for it in build["live_update"] if "fall_back_on" in it]
            assert {*rest, *(here for here, _ in rules(dev[image]))} == set(build["deps"])


def test_both_install_the_same(tilt):
    """The same chart as the same release with the same files of values, in the same order."""
    of_skaffold = skaffold.release("dev")
    deploy = tilt.deploys[of_skaffold["name"]]
    assert deploy["apply"] == ["k8s/live", "apply", tilt.context, *of_skaffold["valuesFiles"]]
    assert {of_skaffold["chartPath"], *of_skaffold["valuesFiles"], "k8s/live"} == set(deploy["deps"])
    assert set(deploy["image_deps"]) == set(tilt.builds)


def test_both_forward_the_same_ports(tilt):
    """Each service at the port that it has on a laptop."""
    of_skaffold = {(it["resourceName"], it["localPort"], it["port"]) for it in skaffold.profile("dev")["portForward"]}
    words = "\n".join(it["serve_cmd"] for it in tilt.locals.values())
    of_tilt = {(name, int(here), int(there)) for name, here, there in re.findall(r"service/(\S+) (\d+):(\d+)", words)}
    assert of_tilt - of_skaffold == {("parley-mail", 8025, 8025)}
    assert of_skaffold - of_tilt == set()
    assert {here for _, here, _ in of_skaffold} == {8082, 8083, 8084, 8085}


def test_the_loops_change_the_local_cluster_alone(tilt):
    """Tilt refuses every other context, and asks nothing of a context that it was not started for."""
    assert set(tilt.contexts) == {"kind-parley", "k3d-parley"}
    other = evaluate(ROOT / "Tiltfile", "k3d-parley")
    assert "kind-parley" not in str([other.deploys, other.locals, other.buttons])


def test_the_buttons_are_there(tilt):
    """Test, rotate and reset, and the one that cannot be undone asks first."""
    assert {name: it["confirms"] for name, it in tilt.buttons.items()} == {
        "helm-test": False,
        "rotate": False,
        "reset-data": True,
    }


def test_every_named_file_is_there(dev, tilt):
    """What is watched, copied, run or given to Helm exists; only the built client need not be built yet."""
    named = {path for it in dev.values() for path in watched(it)} | {
        here for it in dev.values() for here, _ in rules(it)
    }
    named |= {it["serve_dir"] for it in tilt.locals.values()} | {tilt.deploys["parley"]["apply"][0]}
    named |= {*tilt.deploys["parley"]["deps"], *skaffold.release("dev")["valuesFiles"]}
    named |= {it["docker"]["dockerfile"] for it in skaffold.artifacts("release").values()}
    assert [it for it in sorted(named - {"apps/chat-web/dist"}) if not (ROOT / it).exists()] == []
    assert all(
        (ROOT / it["context"]).is_dir() for name in ("dev", "release") for it in skaffold.artifacts(name).values()
    )


def test_the_dockerfile_builds_what_is_asked_of_it(dev):
    """Each target is a stage, and each SERVICE has an image."""
    commands = " ".join(it["custom"]["buildCommand"] for it in dev.values())
    of_release = [it["docker"] for it in skaffold.artifacts("release").values()]
    targets = {*re.findall(r"--target (\S+)", commands), *(it["target"] for it in of_release)}
    services = {*re.findall(r"SERVICE=(\S+)", commands), *(it["buildArgs"]["SERVICE"] for it in of_release)}
    assert [it for it in targets if stage(it) is None] == []
    assert [it for it in services if stage(f"image-of-{it}") is None] == []


def test_what_the_image_is_made_of_is_watched(dev):
    """Each file that the stage takes is one that makes a new image or is copied."""
    taken = {source for *sources, _ in copied("dev") for source in sources}
    assert taken
    assert taken - watched(dev["parley/dev"]) == set()


def test_files_are_copied_to_where_they_run(dev):
    """The destination is where `live.py` has copied the same folder of the image to."""
    places = {source: f"/opt/parley/{target}" for source, target in (it for it in copied("dev") if len(it) == 2)}
    for here, there in rules(dev["parley/dev"]):
        inside = places.get(here, f"/opt/parley/{here}")
        assert there == inside.replace(str(LIVE["IMAGE"]), str(LIVE["LIVE"]))
        assert there.startswith(str(LIVE["LIVE"]))


def test_live_knows_the_services(dev):
    """What `live.py` starts anew is what the release builds, without the test of calls and the operator."""
    released = {it.removeprefix("parley/") for it in skaffold.artifacts("release")}
    assert LIVE["SERVICES"] == released - {"call-check", "operator"}
