#!/usr/bin/env python3
"""specs/flinkc.schema.json is what `flinkc schema` prints, accepts every spec that flinkc accepts,
and refuses keys that flinkc does not know.

    spec_schema_test.py FLINKC ROOT
"""
import copy
import json
import pathlib
import re
import subprocess
import sys

import jsonschema
import yaml

flinkc, root = sys.argv[1], pathlib.Path(sys.argv[2])
failures = []


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2's core scalars: `on`, `yes` and dates are text."""


CoreLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
]:
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"),
                                     list(first))


def keys_as_text(value):
    if isinstance(value, dict):
        return {str(key): keys_as_text(item) for key, item in value.items()}
    return [keys_as_text(item) for item in value] if isinstance(value, list) else value


def specs():
    """Names and texts of specs that flinkc accepts."""
    for path in sorted((root / "specs").rglob("*.yaml")):
        yield path.name, path.read_text()
    for path in sorted((root / "tests").rglob("*.job")):
        if path.name.startswith("fail_"):
            continue
        yield path.name, path.read_text().split("--- spec\n")[1].split("\n--- ")[0]
    for page in [root / "README.md"]:
        for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.S):
            yield page.name, block


def maps_of(value, path=()):
    """Paths of all maps in a spec."""
    if isinstance(value, dict):
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(item, (dict, list)):
            yield from maps_of(item, path + (key,))


printed = subprocess.run([flinkc, "schema"], capture_output=True, text=True, check=True).stdout
stored = (root / "specs/flinkc.schema.json").read_text()
if printed != stored:
    failures.append("specs/flinkc.schema.json is not what `flinkc schema` prints; write it with "
                    "`flinkc schema -o specs/flinkc.schema.json`")

schema = json.loads(printed)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)

accepted = refused = 0
for name, text in specs():
    spec = keys_as_text(yaml.load(text, Loader=CoreLoader))
    for error in validator.iter_errors(spec):
        failures.append(f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message}")
    accepted += 1
    for path in maps_of(spec):
        changed = copy.deepcopy(spec)
        inner = changed
        for key in path:
            inner = inner[key]
        # Also where the names are the user's own, this is no value that one of them may have.
        inner["no_such_key"] = {"at_all": 1}
        if validator.is_valid(changed):
            failures.append(f"{name}: an unknown key in {'/'.join(map(str, path))} is accepted")
        refused += 1

for what, change in [
    ("a job without sinks", lambda spec: spec.pop("sinks")),
    ("version 2", lambda spec: spec.update(flinkc=2)),
    ("parallelism 0", lambda spec: spec["job"].update(parallelism=0)),
    ("an unknown connector", lambda spec: spec["sinks"]["out"].update(connector="konsole")),
    ("an unknown format", lambda spec: spec["sinks"]["out"].update(format="jason")),
    ("an unknown on_error", lambda spec: spec["job"].update(on_error="ignore")),
    ("an option of another connector",
     lambda spec: spec["sinks"]["out"].update(options={"split_size": "1mb"})),
]:
    spec = keys_as_text(yaml.load((root / "specs/wordcount.yaml").read_text(), Loader=CoreLoader))
    change(spec)
    if validator.is_valid(spec):
        failures.append(f"{what} is accepted")

if accepted < 15 or refused < 50:
    failures.append(f"only {accepted} specs and {refused} unknown keys were tried")
print(f"{accepted} specs are accepted, {refused} unknown keys are refused")
for failure in failures:
    print("FAILED:", failure)
sys.exit(1 if failures else 0)
