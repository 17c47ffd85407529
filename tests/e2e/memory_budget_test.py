#!/usr/bin/env python3
"""The memory of a state in RocksDB stays within taskmanager.memory.managed.size, whatever the state
takes: what is resident of the process is compared with the same job over few keys.

    memory_budget_test.py FLINKC SPECS [TEST …]
"""
import subprocess
import threading
import time

from recovery_world import expect, run_tests

BUDGET_MIB = 8
KEYS = 650_000
LIMIT_SECONDS = 200
# What a row of this state takes in the memory backend: key, four accumulators, index.
STATE_MIB = KEYS * 130 // (1 << 20)
# The allocator keeps what it was given back, and RocksDB has what its cache does not count: the
# names and bounds of its files, the buffers of a compaction.
SLACK_MIB = 32

SPEC = '''flinkc: 1
job: {{name: budget}}
sources:
  n:
    connector: datagen
    options: {{rows: {rows}, fields: {{i: {{kind: sequence}}}}}}
    schema: {{i: BIGINT NOT NULL}}
streams:
  keyed: {{from: n, select: {{k: "MOD(i * 2654435761, {keys})", t: "CAST(i AS STRING)", v: i}}}}
  sums:
    from: keyed
    aggregate: {{by: [k], compute: {{n: count(*), s: sum(v), lo: min(v), hi: max(t)}}}}
sinks:
  out: {{from: sums, connector: blackhole}}
'''


def resident_mib(process):
    """The most that was resident at once, of the process until it ends."""
    peak = 0
    while process.poll() is None:
        try:
            with open(f'/proc/{process.pid}/status', encoding='ascii') as status:
                peak = max([peak] + [int(line.split()[1]) for line in status
                                     if line.startswith('VmHWM')])
        except (FileNotFoundError, ProcessLookupError):
            break
        time.sleep(0.02)
    return peak / 1024


def run(world, keys, rows):
    world.spec.write_text(SPEC.format(keys=keys, rows=rows))
    command = [world.flinkc, 'run', '--cache', 'off', str(world.spec)]
    for setting in ('state.backend.type=rocksdb', 'parallelism.default=2',
                    f'taskmanager.memory.managed.size={BUDGET_MIB}mb',
                    'execution.checkpointing.interval=1s',
                    'execution.checkpointing.incremental=true',
                    f'execution.checkpointing.dir={world.checkpoints}'):
        command += ['-D', setting]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True) as process:
        killer = threading.Timer(LIMIT_SECONDS, process.kill)
        killer.start()
        peak = resident_mib(process)
        said = process.stdout.read()
        killer.cancel()
    expect('exit code', 0, process.returncode, said)
    return peak


def test_resident_memory_holds(world):
    few = run(world, keys=1000, rows=KEYS)
    many = run(world, keys=KEYS, rows=KEYS * 3 // 2)
    print(f'resident: {few:.0f} MiB with 1,000 keys, {many:.0f} MiB with {KEYS:,}')
    expect('the state is ten times the budget', True, STATE_MIB >= 10 * BUDGET_MIB)
    expect('few keys stay below the budget', True, many - few <= BUDGET_MIB + SLACK_MIB)


if __name__ == '__main__':
    run_tests(dict(globals()))
