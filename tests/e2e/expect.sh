# What the end-to-end scripts share; to be sourced. Gives $work, a directory of the test's own, and
# counts $failures.
set -uo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache
failures=0

expect() {  # expect WHAT WANTED FOUND
  [ "$2" = "$3" ] && return
  echo "FAILED: $1: expected '$2', found '$3'"
  failures=$((failures + 1))
}
# Runs a command; its output is in $work/out and $work/err, its exit code is printed.
code_of() { "$@" >"$work/out" 2>"$work/err"; echo $?; }
# expect_says WHAT TEXT: the last command's errors name it.
expect_says() {
  grep -qF -- "$2" "$work/err" && return
  echo "FAILED: $1: does not say '$2' but:"
  head -c 2000 "$work/err"
  failures=$((failures + 1))
}
# Files under their final names, and all files.
finals() { find "$1" -name 'part-*' 2>/dev/null | wc -l; }
files() { find "$1" -type f 2>/dev/null | wc -l; }
finish() {
  [ $failures -eq 0 ] && echo 'all as expected'
  exit $((failures > 0))
}
