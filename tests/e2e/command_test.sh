#!/usr/bin/env bash
# The command as a user runs it: results, exit codes, and that a cancelled or failed job leaves no
# half-written file under a final name.
#   command_test.sh FLINKC SPECS
flinkc=$1
specs=$2
. "$(dirname "$0")/expect.sh"

# A job, twice: the second start finds its machine code on disk.
for start in cold cached; do
  expect "$start start" 0 "$(code_of "$flinkc" run "$specs/wordcount.yaml" -p "input=$specs/data/*.txt")"
  expect "$start: words" 137 "$(wc -l <"$work/out")"
  expect "$start: without a terminal it only says where REST is" 'flinkc: REST at http://127.0.0.1:N' \
    "$(sed 's/:[0-9]*$/:N/' "$work/err")"
done
expect 'quiet' 0 "$(code_of "$flinkc" run -q "$specs/wordcount.yaml" -p "input=$specs/data/*.txt")"
expect 'quiet: silent' 0 "$(wc -c <"$work/err")"
objects=$(find "$work/cache" -type f | wc -l)
expect 'one cached object or more' yes "$([ "$objects" -ge 1 ] && echo yes)"
find "$work/cache" -type f -exec sh -c 'printf damaged >"$1"' _ {} \;
expect 'damaged cache' 0 "$(code_of "$flinkc" run "$specs/wordcount.yaml" -p "input=$specs/data/*.txt")"
expect 'damaged cache: words' 137 "$(wc -l <"$work/out")"

# A compiled job runs without its spec.
expect compile 0 "$(code_of "$flinkc" compile "$specs/wordcount.yaml" -p "input=$specs/data/*.txt" -o "$work/words.job")"
expect 'run a job file' 0 "$(code_of "$flinkc" run "$work/words.job")"
expect 'job file: words' 137 "$(wc -l <"$work/out")"
expect 'a parameter for a job file' 2 "$(code_of "$flinkc" run "$work/words.job" -p input=x)"
expect 'an option for a job file' 2 "$(code_of "$flinkc" run "$work/words.job" -D parallelism.default=2)"
head -c 100 "$work/words.job" >"$work/cut.job"
expect 'a truncated job file' 1 "$(code_of "$flinkc" run "$work/cut.job")"

# Exit codes.
expect 'missing input' 4 "$(code_of "$flinkc" run "$specs/wordcount.yaml" -p "input=$work/none.txt")"
expect 'missing spec' 4 "$(code_of "$flinkc" run "$work/none.yaml")"
expect 'unknown command' 2 "$(code_of "$flinkc" rnu x)"
expect 'unknown rule' 2 "$(code_of "$flinkc" plan --disable-rule prune_column "$specs/wordcount.yaml")"
expect_says 'unknown rule' 'did you mean `prune_columns`?'
expect 'unknown connector' 2 "$(code_of "$flinkc" connectors fiel)"
expect_says 'unknown connector' 'did you mean `file`?'
expect 'no spec' 2 "$(code_of "$flinkc" run)"
expect_says 'no spec' 'flinkc: error: spec is required'
expect 'unknown option' 2 "$(code_of "$flinkc" run --nope x)"
printf 'flinkc: 1\njob: {name: x}\nsauces: {}\n' >"$work/wrong.yaml"
expect 'wrong spec' 1 "$(code_of "$flinkc" validate "$work/wrong.yaml")"
expect 'parallelism 0' 1 "$(code_of "$flinkc" validate "$specs/wordcount.yaml" -D parallelism.default=0)"
expect 'parallelism 100000' 1 "$(code_of "$flinkc" validate "$specs/wordcount.yaml" -D parallelism.default=100000)"
expect 'a spec from standard input' 0 "$("$flinkc" validate - <"$specs/wordcount.yaml" 2>/dev/null; echo $?)"

# A row that fails ends the job; what it had written does not appear.
cat >"$work/fails.yaml" <<YAML
flinkc: 1
job: {name: fails}
sources:
  n: {connector: datagen, options: {rows: 200000, fields: {i: {kind: sequence, min: 0, max: 199999}}}, schema: {i: BIGINT NOT NULL}}
streams:
  s: {from: n, extend: {j: "1 / (150000 - i)"}}
sinks:
  out: {from: s, connector: file, options: {path: "$work/fails"}, format: csv}
YAML
expect 'a failing job' 6 "$(code_of "$flinkc" run "$work/fails.yaml")"
expect 'a failing job: files' 0 "$(finals "$work/fails")"
expect 'a failing job: why' yes "$(grep -q DIVISION_BY_ZERO "$work/err" && echo yes)"

# Ctrl-C: as soon as the job writes.
cat >"$work/endless.yaml" <<YAML
flinkc: 1
job: {name: endless}
sources:
  n: {connector: datagen, options: {rows_per_second: 100000, fields: {i: {kind: random}}}, schema: {i: BIGINT NOT NULL}}
sinks:
  out: {from: n, connector: file, options: {path: "$work/endless"}, format: csv}
YAML
"$flinkc" run "$work/endless.yaml" 2>"$work/err" &
pid=$!
for _ in $(seq 500); do
  [ -n "$(find "$work/endless" -name '.*part-*' 2>/dev/null)" ] && break
  sleep 0.02
done
kill -INT $pid
wait $pid
expect 'Ctrl-C' 130 $?
expect 'Ctrl-C: files' 0 "$(finals "$work/endless")"

# On a terminal a line says how far the job is; rows printed there stand above it.
cat >"$work/progress.yaml" <<YAML
flinkc: 1
job: {name: progress}
sources:
  bid: {connector: nexmark, options: {table: bid, events.num: 400000, rows_per_second: 250000}}
streams:
  few: {from: bid, pipe: [{filter: price < 101}, {select: {price: price}}]}
  each_second: {from: bid, aggregate: {window: {tumble: 1s}, compute: {n: count(*)}}}
sinks:
  out: {from: few, connector: console, format: json}
  counts: {from: each_second, connector: blackhole}
YAML
script -qec "'$flinkc' run '$work/progress.yaml'" /dev/null </dev/null | tr '\r' '\n' >"$work/terminal"
line='[0-9,]+ rows, [0-9.]+ k rows/s, watermark 2015-07-1[45] [0-9:]+, [0-9]+ %'
expect 'a progress line' yes "$(grep -qE "$line" "$work/terminal" && echo yes)"
expect 'a row behind the progress line' 0 "$(grep -cE 'rows/s.*\{' "$work/terminal")"
expect 'a row above the progress line' yes "$(grep -qE '\{"price":100\}' "$work/terminal" && echo yes)"
expect 'it is taken away' 0 "$(tail -n 1 "$work/terminal" | grep -c rows)"

finish
