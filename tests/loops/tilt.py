"""A Tiltfile, evaluated: what it asks of Tilt, by built-ins that only write it down.

Each has the parameters that Tilt's own has (its API reference, 0.37), so that an argument it does not know is an error.
Starlark is evaluated by starlark-pyo3, with what Tilt allows beyond the standard: statements at the top, functions.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import starlark

Asked = dict[str, Any]


@dataclass
class Tilt:
    """What was asked for, by kind and name."""

    context: str
    contexts: list[str] = field(default_factory=list)
    builds: dict[str, Asked] = field(default_factory=dict)
    deploys: dict[str, Asked] = field(default_factory=dict)
    resources: dict[str, Asked] = field(default_factory=dict)
    locals: dict[str, Asked] = field(default_factory=dict)
    buttons: dict[str, Asked] = field(default_factory=dict)

    def k8s_context(self) -> str:
        return self.context

    def allow_k8s_contexts(self, contexts):
        self.contexts += contexts

    def custom_build(self, ref, command, deps, tag="", ignore=(), live_update=(), skips_local_docker=False, env=None):
        self.builds[ref] = {"command": command, "deps": deps, "ignore": ignore, "live_update": live_update}

    def sync(self, local_path, remote_path):
        return {"sync": [local_path, remote_path]}

    def fall_back_on(self, files):
        return {"fall_back_on": files}

    def k8s_custom_deploy(self, name, apply_cmd, delete_cmd, deps, live_update=(), apply_env=None, image_deps=()):
        self.deploys[name] = {"apply": apply_cmd, "delete": delete_cmd, "deps": deps, "image_deps": image_deps}

    def k8s_resource(self, workload, port_forwards=(), resource_deps=(), links=(), labels=()):
        assert workload in self.deploys, workload
        self.resources[workload] = {"links": [it["link"] for it in links]}

    def link(self, url, name=""):
        return {"link": url}

    def local_resource(self, name, cmd="", deps=(), serve_cmd="", serve_dir="", resource_deps=(), links=(), labels=()):
        assert set(resource_deps) <= {*self.deploys, *self.locals}
        self.locals[name] = {"serve_cmd": serve_cmd, "serve_dir": serve_dir}

    def cmd_button(self, name, resource="", argv=(), text="", icon_name="", location="", requires_confirmation=False):
        assert resource in self.deploys, resource
        self.buttons[name] = {"argv": argv, "text": text, "confirms": requires_confirmation}

    def of_extension(self, name: str) -> starlark.FrozenModule:
        """What `load` gives for an extension. Raises KeyError for one that is not known here."""
        given: dict[str, list[Callable[..., Any]]] = {"ext://uibutton": [self.cmd_button]}
        module = starlark.Module()
        for function in given[name]:
            module.add_callable(function.__name__, function)
        return module.freeze()


BUILT_IN = [
    "allow_k8s_contexts",
    "custom_build",
    "fall_back_on",
    "k8s_context",
    "k8s_custom_deploy",
    "k8s_resource",
    "link",
    "local_resource",
    "sync",
]


def dialect() -> starlark.Dialect:
    """Starlark without what Tilt does not know."""
    found = starlark.Dialect.extended()
    found.enable_f_strings = False
    found.enable_types = starlark.DialectTypes.DISABLE
    return found


def evaluate(file: Path, context: str = "kind-parley") -> Tilt:
    """What the file asks for in a context. Raises starlark.StarlarkError."""
    tilt, module = Tilt(context), starlark.Module()
    for name in BUILT_IN:
        module.add_callable(name, getattr(tilt, name))
    parsed = starlark.parse(file.name, file.read_text(), dialect())
    starlark.eval(module, parsed, starlark.Globals.standard(), starlark.FileLoader(tilt.of_extension))
    return tilt
