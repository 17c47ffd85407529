#!/usr/bin/env bash
# Bad specs, inputs and outputs as a user meets them: the exit code, a message that names what is
# wrong and where, and nothing lost that was written before. Nothing here depends on who runs it.
#   bad_input_test.sh FLINKC
flinkc=$1
. "$(dirname "$0")/expect.sh"

# --- specs: every one is exit code 1 and an error with a code and a place ---

refuses() {  # refuses WHAT FILE CODE PLACE
  expect "$1" 1 "$(code_of timeout 20 "$flinkc" validate "$work/$2")"
  expect_says "$1" "error[$3]"
  expect_says "$1" "$work/$2:$4"
}
repeat() { printf "%0.s$1" $(seq "$2"); }

cat >"$work/keys.yaml" <<'YAML'
flinkc: 1
job: {name: keys, parallelism: 0}
sources:
  n: {connector: datagen, options: {rows: many}, schema: {i: BIGNT}, onerror: drop}
  m: {connector: datagen, options: {rows: 1}, schema: {i: BIGINT NOT NULL}, colour: red}
streams:
  a: {from: b, filter: i > 1}
  b: {from: a, filter: i > 1}
  c: {from: m, filter: j > 1}
  c: {from: m, filter: i > 1}
  d: {from: m, filter: uper(i) > 1}
  e: {from: m, filter: i + 1}
sinks:
  out: {from: c, connector: console}
  more: [c]
YAML
# All at once, although some stand in one source.
refuses 'parallelism 0' keys.yaml E0206 2:32
refuses 'an option of a wrong type' keys.yaml E0505 4:43
refuses 'an unknown type' keys.yaml E0309 4:62
refuses 'an unknown key' keys.yaml E0201 4:70
refuses 'cyclic streams' keys.yaml E0403 7:3
refuses 'an unknown column beside an unknown key' keys.yaml E0302 9:24
refuses 'a duplicate key' keys.yaml E0105 10:3
refuses 'an unknown function' keys.yaml E0303 11:24
refuses 'a condition that is none' keys.yaml E0305 12:24
refuses 'a list for a map' keys.yaml E0204 15:9
expect 'no warning that follows from an error' 0 "$(grep -c 'W0601' "$work/err")"
sed 's/parallelism: 0/parallelism: 100000/' "$work/keys.yaml" >"$work/wide.yaml"
refuses 'parallelism 100000' wide.yaml E0206 2:32

printf 'flinkc: 1\njob: %s%s\n' "$(repeat '[' 100000)" "$(repeat ']' 100000)" >"$work/deep.yaml"
refuses 'lists 100,000 deep' deep.yaml E0110 2:69
printf 'flinkc: 1\njob: %s1%s\n' "$(repeat '{a: ' 100000)" "$(repeat '}' 100000)" >"$work/maps.yaml"
refuses 'maps 100,000 deep' maps.yaml E0110 2:
cat >"$work/parentheses.yaml" <<YAML
flinkc: 1
sources: {n: {connector: datagen, schema: {i: INT}}}
streams: {a: {from: n, filter: "$(repeat '(' 100000)i$(repeat ')' 100000) > 1"}}
sinks: {out: {from: a, connector: blackhole}}
YAML
refuses 'parentheses 100,000 deep' parentheses.yaml E0313 3:
{
  printf 'flinkc: 1\njob: {name: "'
  head -c 100000000 /dev/zero | tr '\0' x
  printf '"}\n'
} >"$work/large.yaml"
refuses 'a scalar of 100 MB' large.yaml E0104 1:1
{
  printf 'flinkc: 1\na: &a [x, x, x, x, x, x, x, x, x]\n'
  last=a
  for next in b c d e f g h i; do
    printf '%s: &%s [*%s, *%s, *%s, *%s, *%s, *%s, *%s, *%s, *%s]\n' \
      $next $next $last $last $last $last $last $last $last $last $last
    last=$next
  done
} >"$work/bomb.yaml"
refuses 'a YAML bomb' bomb.yaml E0106 2:4
printf 'flinkc: 1\njob: {name: caf\351}\n' >"$work/latin.yaml"
refuses 'not UTF-8' latin.yaml E0102 2:16
: >"$work/empty.yaml"
refuses 'an empty spec' empty.yaml E0208 1:1

cat >"$work/unused.yaml" <<'YAML'
flinkc: 1
sources:
  n: {connector: datagen, options: {rows: 3}, schema: {i: BIGINT NOT NULL}}
streams:
  unused: {from: n, filter: i > 1}
sinks:
  out: {from: n, connector: console}
YAML
expect 'an unused stream' 0 "$(code_of "$flinkc" run "$work/unused.yaml")"
expect_says 'an unused stream' 'warning[W0601]'
expect_says 'an unused stream' "$work/unused.yaml:5:3"
expect 'an unused stream: the job runs' 3 "$(wc -l <"$work/out")"

# --- inputs ---

reads() {  # reads FILE FORMAT ON_ERROR: writes $work/reads.yaml
  cat >"$work/reads.yaml" <<YAML
flinkc: 1
sources:
  rows: {connector: file, options: {path: "$1"}, format: $2, schema: {a: INT, b: STRING}, on_error: $3}
sinks:
  out: {from: rows, connector: console}
YAML
}
runs() { code_of timeout 60 "$flinkc" run "$work/reads.yaml"; }

reads "$work/none.csv" csv drop
expect 'a missing file' 4 "$(runs)"
expect_says 'a missing file' "source \`rows\`: cannot open $work/none.csv: No such file"
reads "$work/none-*.csv" csv drop
expect 'a glob that nothing matches' 4 "$(runs)"
expect_says 'a glob that nothing matches' "$work/none-*.csv"
mkdir "$work/hollow"
reads "$work/hollow" csv drop
expect 'a directory without files' 0 "$(runs)"
# Unreadable even for root.
ln -s loop.csv "$work/loop.csv"
reads "$work/loop.csv" csv drop
expect 'an unreadable file' 4 "$(runs)"
expect_says 'an unreadable file' "$work/loop.csv"
if [ "$(id -u)" -ne 0 ]; then
  touch "$work/forbidden.csv"
  chmod 000 "$work/forbidden.csv"
  reads "$work/forbidden.csv" csv drop
  expect 'a forbidden file' 4 "$(runs)"
  expect_says 'a forbidden file' 'Permission denied'
fi
: >"$work/nothing"
for format in csv json; do
  reads "$work/nothing" $format fail
  expect "an empty $format file" 0 "$(runs)"
  expect "an empty $format file: rows" 0 "$(wc -l <"$work/out")"
done

{ echo a,b; seq -f '%.0f,text of row %.0f' 100000; } >"$work/rows.csv" 2>/dev/null ||
  awk 'BEGIN { print "a,b"; for (i = 1; i <= 100000; ++i) print i ",text of row " i }' >"$work/rows.csv"
gzip -k "$work/rows.csv"
for mode in fail drop '"null"'; do
  # Cut within the last record: one field is there.
  { head -n 1001 "$work/rows.csv"; printf 1001; } >"$work/cut.csv"
  reads "$work/cut.csv" csv "$mode"
  if [ "$mode" = fail ]; then
    expect 'a truncated CSV file' 6 "$(runs)"
    expect_says 'a truncated CSV file' "$work/cut.csv:1002: "
    expect_says 'a truncated CSV file' TOO_FEW_FIELDS
  else
    expect "a truncated CSV file, $mode" 0 "$(runs)"
    expect "a truncated CSV file, $mode: rows" 1000 "$(wc -l <"$work/out")"
  fi
  # What is missing of a packed file is no row: no on_error hides it.
  size=$(($(stat -c %s "$work/rows.csv.gz") / 2))
  head -c $size "$work/rows.csv.gz" >"$work/cut.csv.gz"
  reads "$work/cut.csv.gz" csv "$mode"
  expect "truncated gzip, $mode" 6 "$(runs)"
  expect_says "truncated gzip, $mode" "$work/cut.csv.gz: the gzip stream is truncated"
  expect "truncated gzip, $mode: rows before it" yes \
    "$([ "$(wc -l <"$work/out")" -gt 1000 ] && echo yes)"
done
if command -v zstd >/dev/null; then
  zstd -q "$work/rows.csv" -o "$work/rows.csv.zst"
  head -c $(($(stat -c %s "$work/rows.csv.zst") / 2)) "$work/rows.csv.zst" >"$work/cut.csv.zst"
  reads "$work/cut.csv.zst" csv drop
  expect 'truncated zstd' 6 "$(runs)"
  expect_says 'truncated zstd' "$work/cut.csv.zst: the zstd stream is truncated"
fi

# --- tables that rows are looked up in ---

looks_up() {  # looks_up FILE ON_ERROR: writes $work/lookup.yaml
  cat >"$work/lookup.yaml" <<YAML
flinkc: 1
sources:
  n: {connector: datagen, options: {rows: 300, rows_per_second: 200, fields: {i: {kind: sequence, min: 1, max: 300}}}, schema: {i: BIGINT NOT NULL}}
  names: {connector: file, options: {path: "$1"}, format: csv, schema: {i: BIGINT NOT NULL, name: STRING NOT NULL}, on_error: $2}
streams:
  named:
    join: {inputs: {n: n, t: names}, match: n.i = t.i, lookup: {refresh: 50ms}}
    select: {i: n.i, name: t.name}
sinks:
  out: {from: named, connector: console}
YAML
}
looks_up "$work/none.csv" fail
expect 'a missing table' 4 "$(code_of timeout 60 "$flinkc" run "$work/lookup.yaml")"
expect_says 'a missing table' "source \`names\`: cannot open $work/none.csv: No such file"
awk 'BEGIN { print "i,name"; for (i = 1; i <= 300; ++i) print i ",name " i; print "301," }' \
  >"$work/names.csv"
looks_up "$work/names.csv" fail
expect 'a table with a bad row' 6 "$(code_of timeout 60 "$flinkc" run "$work/lookup.yaml")"
expect_says 'a table with a bad row' "$work/names.csv:302: column \`name\`: "
looks_up "$work/names.csv" drop
expect 'a table with a bad row, drop' 0 "$(code_of timeout 60 "$flinkc" run "$work/lookup.yaml")"
expect 'a table with a bad row, drop: rows' 300 "$(wc -l <"$work/out")"
: >"$work/out"
timeout 60 "$flinkc" run "$work/lookup.yaml" >"$work/out" 2>"$work/err" &
lookup=$!
# It has begun to look up.
until [ -s "$work/out" ] || ! kill -0 $lookup 2>/dev/null; do sleep 0.02; done
rm "$work/names.csv"
wait $lookup
expect 'a table that vanishes' 0 $?
expect 'a table that vanishes: rows' 300 "$(wc -l <"$work/out")"
expect_says 'a table that vanishes' "\`named/lookup\` goes on with the table as it was: source \`names\`: "

# --- outputs ---

writes() {  # writes DIRECTORY MODE ROWS COLUMN: writes $work/writes.yaml
  cat >"$work/writes.yaml" <<YAML
flinkc: 1
sources:
  n: {connector: datagen, options: {$3, fields: {i: {kind: sequence, min: 0, max: 99999999}}}, schema: {i: BIGINT NOT NULL}}
streams:
  s: {from: n, extend: {j: "$4"}}
sinks:
  out: {from: s, connector: file, options: {path: "$1", mode: $2}, format: csv}
YAML
}
write_it() { timeout 60 "$flinkc" run --cache off "$work/writes.yaml"; }

# What an earlier job wrote, to be found unharmed after each failure.
writes "$work/kept" overwrite 'rows: 1000' i
expect 'an earlier job' 0 "$(code_of write_it)"
before=$(cat "$work"/kept/part-* | sha256sum)
unharmed() {
  expect "$1: what was there" "$before" "$(cat "$work"/kept/part-* | sha256sum)"
  expect "$1: nothing beside it" 1 "$(files "$work/kept")"
}

writes "$work/kept" error 'rows: 1000' i
sed -i 's/, mode: error//' "$work/writes.yaml"
expect 'a directory that is not empty' 4 "$(code_of write_it)"
expect_says 'a directory that is not empty' "$work/kept is not empty"
unharmed 'a directory that is not empty'

for mode in overwrite append; do
  # No file may grow over 100 KiB: a disk that is full, for who may not mount a small one. Not under
  # ThreadSanitizer, which itself needs a larger file to start.
  if [ "${FLINKC_SANITIZER:-}" != thread ]; then
    writes "$work/kept" $mode 'rows: 1000000' i
    expect "a full disk, $mode" 6 "$(ulimit -f 100; code_of write_it)"
    expect_says "a full disk, $mode" "sink \`out\`: cannot write $work/kept/"
    unharmed "a full disk, $mode"
  fi

  writes "$work/kept" $mode 'rows: 200000' '1 / (150000 - i)'
  expect "a row that fails, $mode" 6 "$(code_of write_it)"
  expect_says "a row that fails, $mode" DIVISION_BY_ZERO
  unharmed "a row that fails, $mode"

  # Ctrl-C as soon as the job writes.
  writes "$work/kept" $mode 'rows_per_second: 100000' i
  "$flinkc" run "$work/writes.yaml" 2>"$work/err" &
  pid=$!
  for _ in $(seq 500); do
    [ -n "$(find "$work/kept" -name '.*' -size +0 2>/dev/null)" ] && break
    sleep 0.02
  done
  expect "Ctrl-C, $mode: it was writing" 2 "$(files "$work/kept")"
  kill -INT $pid
  wait $pid
  expect "Ctrl-C, $mode" 130 $?
  unharmed "Ctrl-C, $mode"
done

# Killed at once: what is left has no final name, and the next run is not in its way.
writes "$work/killed" overwrite 'rows_per_second: 100000' i
"$flinkc" run "$work/writes.yaml" 2>"$work/err" &
pid=$!
for _ in $(seq 500); do
  [ -n "$(find "$work/killed" -name '.*' -size +0 2>/dev/null)" ] && break
  sleep 0.02
done
kill -KILL $pid
wait $pid 2>/dev/null
expect 'killed: files' 0 "$(finals "$work/killed")"
writes "$work/killed" overwrite 'rows: 1000' i
sed -i 's/, mode: overwrite//' "$work/writes.yaml"
expect 'after a kill' 0 "$(code_of write_it)"
expect 'after a kill: rows' 1001 "$(cat "$work"/killed/part-* | wc -l)"

writes "$work/rows.csv/out" overwrite 'rows: 10' i
expect 'a directory that cannot be made' 4 "$(code_of write_it)"
expect_says 'a directory that cannot be made' "sink \`out\`: cannot create the directory $work/rows.csv"

expect 'a full standard output' 6 "$("$flinkc" run "$work/unused.yaml" >/dev/full 2>"$work/err"; echo $?)"
expect_says 'a full standard output' 'cannot write to standard output: No space left on device'

# -o writes into what is no file instead of putting one in its place.
mkfifo "$work/pipe"
timeout 20 cat "$work/pipe" >"$work/through" &
expect 'a plan into a pipe' 0 "$(code_of timeout 20 "$flinkc" plan "$work/unused.yaml" -o "$work/pipe")"
wait $!
expect 'a plan into a pipe: it still is one' yes "$([ -p "$work/pipe" ] && echo yes)"
expect 'a plan into a pipe: the plan' yes "$(grep -q datagen "$work/through" && echo yes)"
if [ "${FLINKC_SANITIZER:-}" != thread ]; then
  expect 'a plan that cannot be written' 4 \
    "$(ulimit -f 0; "$flinkc" plan --cache off "$work/unused.yaml" -o "$work/plan.txt" 2>/dev/null; echo $?)"
  expect 'a plan that cannot be written: files' 0 "$(find "$work" -name 'plan.txt*' | wc -l)"
fi

# State that outgrows the memory: a clear error, also of a compiled job.
cat >"$work/state.yaml" <<'YAML'
flinkc: 1
job: {config: {taskmanager.memory.process.size: 64mb}}
sources:
  n: {connector: datagen, options: {rows: 5000000, fields: {i: {kind: sequence, min: 0, max: 99999999}}}, schema: {i: BIGINT NOT NULL}}
streams:
  s: {from: n, aggregate: {by: [i], compute: {n: count(*)}, emit: end}}
sinks:
  out: {from: s, connector: blackhole}
YAML
expect 'too much state' 6 "$(code_of "$flinkc" run "$work/state.yaml")"
expect_says 'too much state' memory
expect 'compile it' 0 "$(code_of "$flinkc" compile "$work/state.yaml" -o "$work/state.job")"
expect 'too much state of a compiled job' 6 "$(code_of "$flinkc" run "$work/state.job")"
expect_says 'too much state of a compiled job' memory

finish
