"""What the tests of a cluster share."""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / 'fault'))
from cluster import Cluster  # noqa: E402, F401
from workloads import Failure  # noqa: E402

# A job without an end, which is cheap.
WATCHED = '''flinkc: 1
job: {name: watched}
sources:
  n:
    connector: datagen
    options: {rows_per_second: 2000, fields: {i: {kind: sequence}}}
    schema: {i: BIGINT NOT NULL}
streams:
  keyed: {from: n, select: {k: "MOD(i, 10)"}}
  sums: {from: keyed, aggregate: {by: [k], compute: {c: count(*)}}}
sinks:
  out: {from: sums, connector: console, format: json}
'''


def expect(condition, what):
    if not condition:
        raise Failure(what)


def outcome(cluster, test):
    """The exit code of a program that is `test`; if that fails, the cluster's logs are shown."""
    try:
        test()
    except (Failure, OSError, subprocess.SubprocessError) as failure:
        print(f'{failure}\n{cluster.logs()}')
        return 1
    print('passed')
    return 0
