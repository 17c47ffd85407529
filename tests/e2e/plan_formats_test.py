#!/usr/bin/env python3
"""The pictures of plans, read by their own tools: DOT by Graphviz, SVG by an XML parser, JSON by a
JSON parser, and Mermaid, whose tool is a browser's, by the grammar of what flinkc writes of it. All
of them must show the same operators and streams.

    plan_formats_test.py FLINKC SPECS
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

flinkc, specs = sys.argv[1], pathlib.Path(sys.argv[2])
failures = []

# Every character that means something to one of them.
HOSTILE = r"""flinkc: 1
job: {name: "a \"b\" <c> & &lt; \\ `d` #35; {e} [f] |g| %%; end"}
sources:
  end:
    connector: datagen
    options: {rows: 3}
    schema: {"end \"x\" <b> & |y| #": INT NOT NULL, subgraph: STRING}
streams:
  graph: {from: end, filter: "subgraph <> '\"<b>&amp;\\N {}[]()|;%%`#quot;' AND subgraph <> 'ä…😀'"}
  style: {from: graph, aggregate: {by: [subgraph], compute: {"n --> m": count(*)}}}
sinks:
  class: {from: style, connector: console, options: {prefix: "--> end\\l\\"}}
  click: {from: graph, connector: blackhole}
"""

LABEL = r'"(?P<label>[^"]*)"'
NODE = re.compile(r'^(?P<id>n\d+)(?:\(\[' + LABEL + r'\]\)|\[\[' + LABEL.replace("label", "b") +
                  r'\]\]|\[/' + LABEL.replace("label", "c") + r'/\]|\[' +
                  LABEL.replace("label", "d") + r'\]):::(?P<style>source|stateless|stateful|sink)$')
EDGE = re.compile(r'^(?P<source>n\d+) -->(?:\|' + LABEL + r'\|)? (?P<target>n\d+)$')
SUBGRAPH = re.compile(r'^subgraph (?P<id>chain\d+)\[' + LABEL + r'\]$')
CLASS = re.compile(r'^classDef (?P<name>[a-z]+) fill:#[0-9a-f]{6},stroke:#[0-9a-f]{6},'
                   r'color:#[0-9a-f]{6}$')


def check_label(label):
    """Mermaid's quoted text is HTML with entities written `#name;`."""
    text = re.sub(r"</?b>|<br/>", "", label)
    text = re.sub(r"#(quot|lt|gt|amp|\d+);", "", text)
    bad = set(re.findall(r'[<>&"`#\n]', text))
    if bad:
        raise ValueError(f"a label has a bare {bad}: {label}")


def read_mermaid(text):
    lines = text.splitlines()
    if lines[0] != "flowchart TB":
        raise ValueError(f"the first line is {lines[0]}")
    nodes, edges, styles, used, depth = [], [], set(), set(), 0
    for line in map(str.strip, lines[1:]):
        if line == "end":
            depth -= 1
        elif match := SUBGRAPH.match(line):
            depth += 1
        elif match := NODE.match(line):
            nodes.append(match["id"])
            used.add(match["style"])
        elif match := EDGE.match(line):
            edges.append((match["source"], match["target"]))
        elif match := CLASS.match(line):
            styles.add(match["name"])
        else:
            raise ValueError(f"no line of a flowchart: {line}")
        if match:
            for name, value in match.groupdict().items():
                if name in ("label", "b", "c", "d") and value:
                    check_label(value)
        if depth not in (0, 1):
            raise ValueError("subgraphs do not close")
    if depth != 0 or not used <= styles:
        raise ValueError(f"open subgraph, or styles {used - styles} that are not there")
    return nodes, edges


def read_dot(text):
    """Nodes and edges as Graphviz laid them out."""
    done = subprocess.run(["dot", "-Tplain"], input=text, capture_output=True, text=True)
    # That a font is not there is no fault of the text.
    complaints = [line for line in done.stderr.splitlines() if "font" not in line.lower()]
    if done.returncode != 0 or complaints:
        raise ValueError(f"dot says {done.stderr}")
    words = [line.split() for line in done.stdout.splitlines()]
    return ([word[1] for word in words if word and word[0] == "node"],
            [(word[1], word[2]) for word in words if word and word[0] == "edge"])


def read_svg(text):
    """How many boxes and edges there are; their texts."""
    root = xml.etree.ElementTree.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    paths = [path for path in root.iter(space + "path") if path.get("marker-end")]
    titles = [item for item in root.iter(space + "text") if item.get("class") == "title"]
    return titles, paths


def plan(spec, level, kind, *more):
    done = subprocess.run([flinkc, "plan", str(spec), "--level", level, "--format", kind, *more],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise ValueError(f"flinkc says {done.stderr}")
    return done.stdout


def check(spec, level, *more):
    graph = json.loads(plan(spec, level, "json", *more))
    if graph["level"] != level:
        raise ValueError(f"the level is {graph['level']}")
    for name, entry in graph["config"].items():
        if not entry["origin"]:
            raise ValueError(f"{name} comes from nowhere")
    nodes = sorted(f"n{operator['id']}" for operator in graph["operators"])
    edges = sorted((f"n{edge['from']}", f"n{edge['to']}") for edge in graph["edges"])
    for kind, read in [("mermaid", read_mermaid), ("dot", read_dot)]:
        found_nodes, found_edges = read(plan(spec, level, kind, *more))
        if sorted(found_nodes) != nodes or sorted(found_edges) != edges:
            raise ValueError(f"{kind} shows {found_nodes} and {found_edges}, "
                             f"not {nodes} and {edges}")
    titles, paths = read_svg(plan(spec, level, "svg", *more))
    if len(titles) != len(nodes) or len(paths) != len(edges):
        raise ValueError(f"the SVG shows {len(titles)} operators and {len(paths)} streams")


with tempfile.TemporaryDirectory() as folder:
    hostile = pathlib.Path(folder) / "hostile.yaml"
    hostile.write_text(HOSTILE)
    count = 0
    for spec in [hostile, *sorted(specs.rglob("*.yaml"))]:
        for level, parallelism in [("logical", 1), ("optimized", 4), ("chains", 1), ("chains", 4)]:
            try:
                check(spec, level, "-D", f"parallelism.default={parallelism}")
            except (ValueError, KeyError, json.JSONDecodeError,
                    xml.etree.ElementTree.ParseError) as problem:
                failures.append(f"{spec.name}, {level}: {problem}")
            count += 1
print(f"{count} plans in four formats")
for failure in failures:
    print("FAILED:", failure)
sys.exit(1 if failures else 0)
