"""Validates objects, run by the interpreter that has kubernetes-validate: `validating.py VERSION < objects.json`.

Its own command reads the definitions of all of Kubernetes anew for each object; here they are read once.
"""

import functools
import json
import sys

from kubernetes_validate import ValidationError, utils

utils.schema_contents = functools.cache(utils.schema_contents)


def main() -> None:
    """Print a line for each object that does not fit, and exit with 1 if there is one. Unknown kinds raise."""
    failures = [it for it in map(_failure, json.load(sys.stdin)) if it]
    print("\n".join(failures))
    sys.exit(bool(failures))


def _failure(document):
    try:
        utils.validate(document, sys.argv[1], strict=True)
    except ValidationError as error:
        return f"{document['kind']} {document['metadata']['name']}: {error.message}"
    return None


main()
