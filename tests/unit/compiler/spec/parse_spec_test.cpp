#include "compiler/spec/parse_spec.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/compiler/spec/parsed_spec.h"

namespace flinkc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kWhole[] = R"yaml(flinkc: 1
job:
  name: sales-per-minute
  parallelism: 2
  max_parallelism: 128
  time_zone: Europe/Vienna
  on_error: drop
  config: {execution.runtime-mode: BATCH}
types:
  Order: {id: BIGINT NOT NULL, amount: "DECIMAL(12,2)", ts: {type: TIMESTAMP(3), on_error: null}}
functions:
  net: {args: {x: "DECIMAL(12,2)"}, returns: "DECIMAL(12,2)", as: x / 1.2}
  nothing: {as: null}
sources:
  orders:
    connector: datagen
    options: {rows: 10, fields: {id: {kind: sequence}, tags: {values: [a, b]}}}
    format: {csv: {header: true}}
    schema: Order
    event_time:
      {column: ts, out_of_order: 5s, idle_after: 1m, ordered: true, align: {group: g, max_drift: 30s}}
    on_error: route
    bounded: true
  more: {connector: file, format: json, schema: {a: INT, b: STRING}}
streams:
  all: {from: [orders, more.errors]}
  big:
    from: orders
    filter: amount > 100
    on_error: fail
    parallelism: 3
    id: pinned
    schema: {id: BIGINT}
  piped:
    from: orders
    pipe:
      - select: [id, {half: amount / 2}]
      - extend: {x: id + 1, y: {expr: CAST(half AS INT), on_error: null}}
      - drop: [x]
      - rename: {y: z}
      - cast: {z: DOUBLE}
      - unnest: {word: "split(a, ',')"}
      - filter: TRUE
        id: keep
  routed: {from: orders, route: {big: amount > 5, small: amount < 1, else: rest}}
  counts:
    from: orders
    aggregate:
      window: {hop: {size: 10m, every: 1m}, offset: -30s}
      by: [id]
      compute: {n: count(*)}
      having: n > 1
      lateness: 30s
      late: route
  totals: {from: orders, aggregate: {by: {d: CAST(ts AS DATE)}, compute: {n: count(*)}, emit: end}}
sinks:
  out:
    from: routed.big
    connector: file
    options: {path: out}
    format: csv
    key: [id]
    delivery: exactly_once
    on_error: fail
)yaml";

TEST(ParseSpec, ReadsAllOfTheLanguage) {
  Parsed parsed(kWhole);
  ASSERT_THAT(parsed.reports(), IsEmpty());
  const JobSpec& spec = *parsed.spec;
  EXPECT_EQ(spec.job.name.value, "sales-per-minute");
  EXPECT_EQ(spec.job.parallelism->value, 2);
  EXPECT_EQ(spec.job.max_parallelism->value, 128);
  EXPECT_EQ(spec.job.time_zone->value, "Europe/Vienna");
  EXPECT_EQ(spec.job.on_error->value, OnError::kDrop);
  EXPECT_EQ(spec.job.config[0].name.value, "execution.runtime-mode");
  ASSERT_EQ(spec.types[0].columns.size(), 3u);
  EXPECT_EQ(spec.types[0].columns[1].type.value, "DECIMAL(12,2)");
  EXPECT_EQ(spec.types[0].columns[2].on_error->value, OnError::kNull);
  EXPECT_EQ(spec.functions[0].args[0].name.value, "x");
  EXPECT_EQ(spec.functions[0].body.value, "x / 1.2");
  EXPECT_EQ(spec.functions[1].body.value, "NULL");
}

TEST(ParseSpec, ReadsSourcesAndSinks) {
  Parsed parsed(kWhole);
  const SourceSpec& orders = parsed.spec->sources[0];
  EXPECT_FALSE(orders.is_invalid);
  EXPECT_EQ(orders.connector.value, "datagen");
  std::vector<std::string> flat;
  for (const FlatOption& option : FlattenOptions(orders.options)) {
    flat.push_back(option.name + "=" + option.value + " at " + Covered(option.value_span));
  }
  EXPECT_THAT(flat, ElementsAre("rows=10 at 10", "fields.id.kind=sequence at sequence",
                                "fields.tags.values.0=a at a", "fields.tags.values.1=b at b"));
  EXPECT_EQ(orders.format->name.value, "csv");
  EXPECT_EQ(FindOption(orders.format->options, "header")->text.value, "true");
  EXPECT_EQ(FindOption(orders.format->options, "quote"), nullptr);
  EXPECT_EQ(orders.schema->type_name->value, "Order");
  EXPECT_EQ(orders.event_time->column.value, "ts");
  EXPECT_EQ(orders.event_time->out_of_order->value.micros, 5'000'000);
  EXPECT_EQ(orders.event_time->idle_after->value.micros, 60'000'000);
  EXPECT_TRUE(orders.event_time->ordered->value);
  EXPECT_EQ(orders.event_time->align->group.value, "g");
  EXPECT_EQ(orders.event_time->align->max_drift->value.micros, 30'000'000);
  EXPECT_FALSE(orders.event_time->align->update_interval);
  EXPECT_EQ(orders.on_error->value, OnError::kRoute);
  EXPECT_TRUE(orders.bounded->value);
  EXPECT_EQ(parsed.spec->sources[1].schema->columns[1].name.value, "b");
  const SinkSpec& out = parsed.spec->sinks[0];
  EXPECT_EQ(out.from.stream, "routed");
  EXPECT_EQ(out.from.output, "big");
  EXPECT_EQ(out.delivery->value, Delivery::kExactlyOnce);
}

TEST(ParseSpec, ReadsOperators) {
  Parsed parsed(kWhole);
  EXPECT_EQ(parsed.stream("all").from.size(), 2u);
  EXPECT_TRUE(parsed.stream("all").operators.empty());
  const StreamSpec& big = parsed.stream("big");
  EXPECT_EQ(std::get<FilterSpec>(big.operators[0].op).predicate.value, "amount > 100");
  EXPECT_EQ(big.parallelism->value, 3);
  EXPECT_EQ(big.id->value, "pinned");
  const StreamSpec& piped = parsed.stream("piped");
  ASSERT_EQ(piped.operators.size(), 7u);
  const auto& select = std::get<SelectSpec>(piped.operators[0].op);
  EXPECT_TRUE(select.columns[0].is_column);
  EXPECT_EQ(select.columns[1].name.value, "half");
  EXPECT_FALSE(select.columns[1].is_column);
  const auto& extend = std::get<ExtendSpec>(piped.operators[1].op);
  EXPECT_EQ(extend.columns[1].expression.value, "CAST(half AS INT)");
  EXPECT_EQ(extend.columns[1].on_error->value, OnError::kNull);
  EXPECT_EQ(std::get<DropSpec>(piped.operators[2].op).columns[0].value, "x");
  EXPECT_EQ(std::get<RenameSpec>(piped.operators[3].op).entries[0].from.value, "y");
  EXPECT_EQ(std::get<RenameSpec>(piped.operators[3].op).entries[0].to.value, "z");
  EXPECT_EQ(std::get<CastSpec>(piped.operators[4].op).columns[0].type.value, "DOUBLE");
  EXPECT_EQ(std::get<UnnestSpec>(piped.operators[5].op).column.name.value, "word");
  EXPECT_EQ(piped.operators[6].id->value, "keep");
  const auto& route = std::get<RouteSpec>(parsed.stream("routed").operators[0].op);
  EXPECT_EQ(route.branches[1].name.value, "small");
  EXPECT_EQ(route.else_branch->value, "rest");
}

TEST(ParseSpec, ReadsAggregates) {
  Parsed parsed(kWhole);
  const auto& counts = std::get<AggregateSpec>(parsed.stream("counts").operators[0].op);
  EXPECT_EQ(counts.window->kind, WindowSpec::Kind::kHop);
  EXPECT_EQ(counts.window->size.value.micros, 600'000'000);
  EXPECT_EQ(counts.window->every.value.micros, 60'000'000);
  EXPECT_EQ(counts.window->offset->value.micros, -30'000'000);
  EXPECT_TRUE(counts.by[0].is_column);
  EXPECT_EQ(counts.having->value, "n > 1");
  EXPECT_EQ(counts.lateness->value.micros, 30'000'000);
  EXPECT_EQ(counts.late->value, LateRows::kRoute);
  Parsed windows(
      WithStreams("  c: {from: a, aggregate: {window: {cumulate: {size: 1d, step: 1h}}, by: [x], "
                  "emit: every 5s}}\n"
                  "  s: {from: a, aggregate: {window: {session: {gap: 5m}, on: processing_time}, "
                  "by: [x], late: update, emit: update}}\n"));
  const auto& cumulated = std::get<AggregateSpec>(windows.stream("c").operators[0].op);
  EXPECT_EQ(cumulated.window->kind, WindowSpec::Kind::kCumulate);
  EXPECT_EQ(cumulated.window->size.value.micros, 86'400'000'000);
  EXPECT_EQ(cumulated.window->every.value.micros, 3'600'000'000);
  EXPECT_FALSE(cumulated.window->processing_time);
  EXPECT_EQ(cumulated.emit->value, EmitMode::kEvery);
  EXPECT_EQ(cumulated.emit_every.micros, 5'000'000);
  const auto& sessions = std::get<AggregateSpec>(windows.stream("s").operators[0].op);
  EXPECT_EQ(sessions.window->kind, WindowSpec::Kind::kSession);
  EXPECT_EQ(sessions.window->size.value.micros, 300'000'000);
  EXPECT_TRUE(sessions.window->processing_time);
  EXPECT_EQ(sessions.late->value, LateRows::kUpdate);
  EXPECT_EQ(sessions.emit->value, EmitMode::kUpdate);
  const auto& totals = std::get<AggregateSpec>(parsed.stream("totals").operators[0].op);
  EXPECT_EQ(totals.by[0].expression.value, "CAST(ts AS DATE)");
  EXPECT_EQ(totals.emit->value, EmitMode::kEnd);
}

TEST(ParseSpec, ReportsAllErrorsAtOnce) {
  Parsed parsed(R"(flinkc: 1
job: {parallelism: 0, paralelism: 2}
sources:
  a: {connecter: file}
  b-c: {connector: file, on_error: ignore}
streams:
  s: {from: a, filtr: x}
  t: [a]
sinks:
  o: {from: s, connector: console, delivery: twice}
)");
  EXPECT_THAT(
      parsed.reports(),
      ElementsAre("E0206 2:20 `0`: `parallelism` must be from 1 to 32768, not 0",
                  "E0201 2:23 `paralelism`: unknown key `paralelism` in `job`",
                  "E0201 4:7 `connecter`: unknown key `connecter` in source `a`",
                  "E0205 5:3 `b-c`: `b-c` cannot be a source's name",
                  "E0206 5:36 `ignore`: `on_error` must be one of fail, drop, null, route",
                  "E0201 7:16 `filtr`: unknown key `filtr` in stream `s`",
                  "E0204 8:6 `[`: `t` must be a map, not a list",
                  "E0206 10:46 `twice`: `delivery` must be one of at_least_once, exactly_once"));
  // What was reported is marked, and the rest is there.
  EXPECT_TRUE(parsed.spec->sources[0].is_invalid);
  EXPECT_TRUE(parsed.stream("s").is_invalid);
  EXPECT_EQ(parsed.stream("s").from[0].stream, "a");
}

TEST(ParseSpec, SuggestsTheKeyThatWasMeant) {
  Parsed parsed(WithStreams("  s: {from: a, agregate: {}}\n"));
  ASSERT_EQ(parsed.log.diagnostics().size(), 1u);
  EXPECT_EQ(parsed.log.diagnostics()[0].label, " did you mean `aggregate`?");
}

TEST(ParseSpec, AMistypedKeyIsNotMissingAsWell) {
  // Found by fuzzing: the suggestions held names of a list that was gone.
  Parsed parsed(
      WithStreams("  s: {fromm: a, filter: x, drrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrop: [y]}\n"
                  "  t: {filter: x}\n"));
  EXPECT_THAT(parsed.reports(),
              ElementsAre("E0201 5:7 `fromm`: unknown key `fromm` in stream `s`",
                          "E0201 5:28 `drrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrop`: unknown key "
                          "`drrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrop` in stream `s`",
                          "E0203 6:6 `{`: stream `t` has no `from`"));
}

TEST(ParseSpec, SaysOnceThatSinksAreMissing) {
  Parsed without("flinkc: 1\nsources: {a: {connector: file}}\n");
  EXPECT_THAT(without.reports(), ElementsAre("E0419 1:1 `flinkc`: the spec has no `sinks`"));
  Parsed empty("flinkc: 1\nsources: {a: {connector: file}}\nsinks: {}\n");
  EXPECT_THAT(empty.reports(), ElementsAre("E0206 3:8 `{}`: `sinks` must not be empty"));
}

TEST(ParseSpec, RefusesWhatIsNotBuiltYet) {
  Parsed parsed(R"(flinkc: 1
include: [x.yaml]
job: {name: j}
secrets: {}
sources: {a: {connector: file}, b: {connection: k, key: [x]}}
streams:
  j: {sql: "SELECT 1", pipe: [{filter: a}]}
  d: {from: a, sql: "SELECT 1"}
  p: {from: a, pipe: [{sql: "SELECT 1"}]}
sinks: {o: {from: a, connector: console}}
tests: []
)");
  EXPECT_THAT(
      parsed.reports(),
      ElementsAre("E0202 2:1 `include`: `include` in the spec is not supported yet",
                  "E0202 4:1 `secrets`: `secrets` in the spec is not supported yet",
                  "E0202 5:37 `connection`: `connection` in source `b` is not supported yet",
                  "E0202 5:52 `key`: `key` in source `b` is not supported yet",
                  "E0202 7:7 `sql`: the operator `sql` is not supported yet",
                  "E0202 8:16 `sql`: the operator `sql` is not supported yet",
                  "E0202 9:24 `sql`: the operator `sql` is not supported yet",
                  "E0202 11:1 `tests`: `tests` in the spec is not supported yet"));
}

TEST(ParseSpec, WantsTheVersionFirst) {
  EXPECT_THAT(Parsed("").reports(), ElementsAre("E0208 1:1 ``: the spec is empty"));
  EXPECT_THAT(Parsed("# nothing\n").reports(), ElementsAre("E0208 1:1 ``: the spec is empty"));
  EXPECT_THAT(Parsed("just text").reports(),
              ElementsAre("E0204 1:1 `just text`: the spec must be a map, not text"));
  std::string rest = "sources: {a: {connector: file}}\nsinks: {o: {from: a, connector: file}}\n";
  EXPECT_THAT(Parsed(rest).reports(),
              ElementsAre("E0208 1:1 `sources`: the spec does not say its language version"));
  EXPECT_THAT(Parsed(rest + "flinkc: 1\n").reports(),
              ElementsAre("E0208 3:9 `1`: `flinkc` must be the first key of a spec"));
  EXPECT_THAT(Parsed("flinkc: 2\n" + rest).reports(),
              ElementsAre("E0208 1:9 `2`: this flinkc knows version 1 of the language only"));
  EXPECT_THAT(Parsed("flinkc: 1\n" + rest).reports(), IsEmpty());
}

TEST(ParseSpec, TellsWrongKindsApart) {
  EXPECT_THAT(
      Parsed(WithStreams("  s: {from: {x: 1}, filter: [a]}\n"
                         "  t: {from: a, select: a, parallelism: '2'}\n"
                         "  u: {from: a, aggregate: [n]}\n"
                         "  v: {from: a, drop: {a: b}, parallelism: 1.5}\n"
                         "  w: {from: a, filter: }\n"))
          .reports(),
      ElementsAre(
          "E0204 5:13 `{`: `from` must be the name of a source or stream, not a map",
          "E0204 5:29 `[`: `filter` must be an expression, not a list",
          "E0204 6:24 `a`: `select` must be a list of columns, or a map of names to expressions, "
          "not text",
          "E0204 6:40 `'2'`: `parallelism` must be a whole number, not text",
          "E0204 7:27 `[`: `aggregate` must be a map, not a list",
          "E0204 8:22 `{`: `drop` must be a list, not a map",
          "E0204 8:43 `1.5`: `parallelism` must be a whole number, not a fraction",
          "E0204 9:16 `filter`: `filter` must be an expression, not nothing"));
}

TEST(ParseSpec, WantsOneOperatorAtATime) {
  EXPECT_THAT(
      Parsed(WithStreams("  s: {from: a, filter: x, drop: [y]}\n"
                         "  t: {from: a, filter: x, pipe: [{drop: [y]}]}\n"
                         "  u: {from: a, pipe: [{filter: x, drop: [y]}, {id: z}, x, {fliter: y}]}\n"
                         "  v: {from: a, pipe: []}\n"))
          .reports(),
      ElementsAre("E0209 5:27 `drop`: stream `s` has more than one operator",
                  "E0209 6:27 `pipe`: stream `t` has both `filter` and `pipe`",
                  "E0209 7:35 `drop`: an item of a pipe is one operator",
                  "E0209 7:47 `{`: an item of a pipe without an operator",
                  "E0204 7:56 `x`: `pipe` must be a list of operators, each a map of one, not text",
                  "E0201 7:60 `fliter`: unknown key `fliter` in an operator of stream `u`",
                  "E0206 8:22 `[]`: `pipe` must not be empty"));
}

TEST(ParseSpec, AnInvalidOperatorKeepsItsPlace) {
  Parsed parsed(WithStreams("  s: {from: a, pipe: [{filter: x}, {drop: 1}, {filter: y}]}\n"));
  const StreamSpec& s = parsed.stream("s");
  ASSERT_EQ(s.operators.size(), 3u);
  EXPECT_TRUE(std::holds_alternative<FilterSpec>(s.operators[0].op));
  EXPECT_TRUE(std::holds_alternative<InvalidOperator>(s.operators[1].op));
  EXPECT_TRUE(std::holds_alternative<FilterSpec>(s.operators[2].op));
}

TEST(ParseSpec, ChecksNames) {
  EXPECT_THAT(
      Parsed(WithStreams("  a: {from: a.b.c}\n"
                         "  \"\": {from: a-b}\n"
                         "  r: {from: a, route: {late: x, b: y, else: b}}\n"
                         "  d: {from: a, drop: [x, y, x]}\n"
                         "  q: {from: a, select: [x, {x: y}, sum(z)]}\n"
                         "  e: {from: a, extend: {\"a`b\": x, \"\": y}}\n"
                         "  m: {from: a, match: {pattern: A B, subset: {C: [A, B, A]}, "
                         "measures: {n: count(*)}}}\n"))
          .reports(),
      ElementsAre(
          "E0216 5:3 `a`: `a` is the name of a source already",
          "E0205 5:13 `a.b.c`: `a.b.c` in `from` names no stream",
          "E0205 6:3 `\"\"`: a stream's name must not be empty",
          "E0205 6:14 `a-b`: `a-b` in `from` names no stream",
          "E0205 7:24 `late`: a branch cannot be called `late`, which is an output of its own",
          "E0216 7:45 `b`: `else` needs a name of its own; `b` is another branch",
          "E0216 8:29 `x`: the column `x` stands twice in `drop`",
          "E0216 9:29 `x`: the column `x` stands twice in `select`",
          "E0205 9:36 `sum(z)`: an expression in `select` needs a name",
          "E0205 10:25 `\"a`b\"`: `a`b` cannot be a column's name: it has a backtick",
          "E0205 10:35 `\"\"`: `` cannot be a column's name: it is empty",
          "E0216 11:57 `A`: the variable `A` stands twice in `C`"));
}

TEST(ParseSpec, ColumnsMayHaveTheNamesThatDataHas) {
  Parsed parsed(WithStreams("  s: {from: a, select: {\"Flug-Nr.\": x, größe: y, 1: z}}\n"));
  EXPECT_THAT(parsed.reports(), IsEmpty());
}

TEST(ParseSpec, ChecksAggregatesAndWindows) {
  EXPECT_THAT(
      Parsed(WithStreams(
                 "  a1: {from: a, aggregate: {window: {tumble: 0s}, compute: {n: count(*)}}}\n"
                 "  a2: {from: a, aggregate: {window: {cumulate: {size: 5m, step: 2m}}}}\n"
                 "  a3: {from: a, aggregate: {window: {tumble: 1m, hop: {size: 2m, every: 1m}}}}\n"
                 "  a4: {from: a, aggregate: {window: {}, compute: {n: count(*)}}}\n"
                 "  a5: {from: a, aggregate: {by: [x], compute: {n: count(*)}, late: drop}}\n"
                 "  a6: {from: a, aggregate: {window: {tumble: 1m}, by: [x], emit: end}}\n"
                 "  a7: {from: a, aggregate: {having: x}}\n"
                 "  a8: {from: a, aggregate: {window: {hop: {size: 5m}}, lateness: -1s}}\n"
                 "  a9: {from: a, aggregate: {window: {tumble: 1m, offset: -90000d}, by: [x]}}\n"))
          .reports(),
      ElementsAre("E0206 5:46 `0s`: `tumble` must be at least 1us",
                  "E0206 6:65 `2m`: the size of a cumulate window, 5m, must be a multiple of "
                  "`step`",
                  "E0215 7:50 `hop`: a window is one of `tumble`, `hop`, `cumulate` and `session`",
                  "E0203 8:37 `{`: `window` does not say which windows",
                  "E0215 9:62 `late`: `late` has no meaning without a `window`",
                  "E0215 10:66 `end`: `emit: end` has no meaning with a `window`",
                  "E0203 11:28 `{having: x}`: `aggregate` computes nothing",
                  "E0203 12:43 `{`: `hop` has no `every`",
                  "E0206 12:66 `-1s`: `lateness` must not be negative",
                  "E0206 13:58 `-90000d`: `offset` must be at most 36500d"));
}

TEST(ParseSpec, ChecksSessionsAndWhenWindowsEmit) {
  EXPECT_THAT(
      Parsed(WithStreams(
                 "  a1: {from: a, aggregate: {window: {session: {gap: 0s}}, by: [x]}}\n"
                 "  a2: {from: a, aggregate: {window: {session: {gap: 1s}, offset: 1s}, by: [x]}}\n"
                 "  a3: {from: a, aggregate: {window: {tumble: 1m, on: event_time}, by: [x]}}\n"
                 "  a4: {from: a, aggregate: {window: {tumble: 1m}, by: [x], emit: every 5x}}\n"
                 "  a5: {from: a, aggregate: {window: {tumble: 1m}, by: [x], emit: every 1us}}\n"
                 "  a6: {from: a, aggregate: {window: {tumble: 1m}, by: [x], emit: sometimes}}\n"
                 "  a7: {from: a, aggregate: {by: [x], emit: every 5s}}\n"
                 "  a8: {from: a, aggregate: {by: [x], emit: close}}\n"
                 "  ok: {from: a, aggregate: {window: {tumble: 1m}, by: [x], emit: every 5s}}\n"))
          .reports(),
      ElementsAre("E0206 5:53 `0s`: `gap` must be at least 1us",
                  "E0215 6:58 `offset`: `offset` has no meaning with `session`",
                  "E0206 7:54 `event_time`: `on` can only be processing_time",
                  "E0207 8:73 `x`: `every 5x` does not say how often",
                  "E0206 9:66 `every 1us`: `emit` can be every 1ms to every 36500d",
                  "E0206 10:66 `sometimes`: `emit` must be one of close, update, end, every 5s",
                  "E0215 11:44 `every 5s`: `emit: every …` has no meaning without a `window`",
                  "E0215 12:44 `close`: `emit: close` has no meaning without a `window`"));
}

TEST(ParseSpec, ReadsPatterns) {
  Parsed parsed(
      WithStreams("  m: {from: a, match: {by: [x], order_by: [t, {y: desc}], pattern: \"A B{2}\", "
                  "within: 1m, define: {A: x > 1, B: null}, measures: {n: count(*), z: A.x}, "
                  "after_match: to next row, late: route}}\n"));
  const auto& match = std::get<MatchSpec>(parsed.stream("m").operators[0].op);
  EXPECT_EQ(match.by[0].value, "x");
  EXPECT_EQ(match.order_by[1].direction, OrderSpec::Direction::kDesc);
  EXPECT_EQ(match.pattern.value, "A B{2}");
  EXPECT_EQ(match.within->value.micros, 60'000'000);
  EXPECT_EQ(match.define[0].variable.value, "A");
  EXPECT_EQ(match.define[0].condition.value, "x > 1");
  EXPECT_EQ(match.measures[1].expression.value, "A.x");
  EXPECT_EQ(match.after_match->value, "to next row");
  EXPECT_EQ(match.late->value, LateRows::kRoute);
  EXPECT_FALSE(match.processing_time);
}

TEST(ParseSpec, ChecksPatterns) {
  EXPECT_THAT(
      Parsed(WithStreams(
                 "  m1: {from: a, match: {by: [x], measures: {n: count(*)}}}\n"
                 "  m2: {from: a, match: {pattern: A B}}\n"
                 "  m3: {from: a, match: {pattern: A B, measures: {n: count(*)}, define: {a-b: "
                 "x}}}\n"
                 "  m4: {from: a, match: {pattern: A, on: processing_time, order_by: [t], late: "
                 "drop, measures: {n: count(*)}}}\n"
                 "  m5: {from: a, match: {pattern: A, late: update, within: 0s, measures: {n: "
                 "count(*)}}}\n"))
          .reports(),
      ElementsAre(
          "E0203 5:24 `{`: `match` has no `pattern`", "E0203 6:24 `{`: `match` has no `measures`",
          "E0205 7:73 `a-b`: `a-b` cannot be a variable's name",
          "E0215 8:58 `order_by`: `order_by` has no meaning by processing time: rows are matched "
          "in the order they come in",
          "E0215 8:73 `late`: `late` has no meaning by processing time: no row is late",
          "E0206 9:43 `update`: `late` must be one of drop, route",
          "E0206 9:59 `0s`: `within` must be at least 1us"));
}

TEST(ParseSpec, PointsIntoDurations) {
  Parsed parsed(
      WithStreams("  s: {from: a, aggregate: {window: {tumble: \"1h 5x\"}, by: [b]}}\n"
                  "  t: {from: a, aggregate: {window: {tumble: 60}, by: [b]}}\n"));
  EXPECT_THAT(parsed.reports(), ElementsAre("E0207 5:50 `x`: `1h 5x` cannot be read as a duration",
                                            "E0207 6:45 `60`: `60` cannot be read as a duration"));
}

TEST(ParseSpec, ExpressionsKeepTheirExactPlaces) {
  Parsed parsed(
      WithStreams("  s:\n"
                  "    from: a\n"
                  "    pipe:\n"
                  "      - filter: >-\n"
                  "          a > 1\n"
                  "          AND b\n"
                  "      - filter: \"x = \\\"q\\\" + oops\"\n"
                  "      - filter: 'it''s oops'\n"));
  const auto& operators = parsed.stream("s").operators;
  ASSERT_EQ(operators.size(), 3u);
  const SourceText& folded = std::get<FilterSpec>(operators[0].op).predicate;
  EXPECT_EQ(folded.value, "a > 1 AND b");
  EXPECT_EQ(Covered(folded.SpanOf(6, 9)), "AND");
  EXPECT_EQ(Covered(folded.SpanOf(0, 5)), "a > 1");
  for (size_t i : {1, 2}) {
    const SourceText& text = std::get<FilterSpec>(operators[i].op).predicate;
    size_t at = text.value.find("oops");
    EXPECT_EQ(Covered(text.SpanOf(at, at + 4)), "oops");
  }
}

}  // namespace
}  // namespace flinkc
