#include "compiler/spec/spec_keys.h"

#include <algorithm>
#include <iterator>

#include "compiler/spec/limits.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

using enum KeyValue;

constexpr std::string_view kLate[] = {"drop", "route", "update"};
constexpr std::string_view kOverLate[] = {"drop", "route"};
constexpr std::string_view kWindowOn[] = {"processing_time"};
constexpr std::string_view kSets[] = {"intersect", "intersect_all", "except", "except_all"};
constexpr std::string_view kCheckpointModes[] = {"exactly_once"};
constexpr std::string_view kBackends[] = {"hashmap", "rocksdb"};
constexpr std::string_view kRetentions[] = {"no_externalized_checkpoints", "delete_on_cancellation",
                                            "retain_on_cancellation"};
constexpr std::string_view kStrategies[] = {"none", "fixed_delay", "failure_rate",
                                            "exponential_delay"};
constexpr std::string_view kRowWindows[] = {"input"};
constexpr std::string_view kKeep[] = {"first", "last"};
constexpr std::string_view kTopEmit[] = {"close", "update"};
constexpr std::string_view kJoinKinds[] = {"inner", "left", "right", "full", "semi", "anti"};
constexpr std::string_view kLookups[] = {"once"};
constexpr std::string_view kDelivery[] = {"at_least_once", "exactly_once"};

constexpr KeyRecord kSpec[] = {
    {"flinkc", kVersion, "the version of the language; the first key", true},
    {"params", kNamedMaps, "values given from outside: -p name=value", false, "parameter"},
    {"job", kMap, "what holds for the job as a whole", false, "job"},
    {"types", kNamedColumns, "row types that several sources share"},
    {"functions", kNamedMaps, "typed macros, for expressions", false, "function"},
    {"sources", kNamedMaps, "where rows come from", true, "source"},
    {"streams", kNamedMaps, "what becomes of them", false, "stream"},
    {"sinks", kNamedMaps, "where they go", true, "sink"},
};
constexpr std::string_view kSpecNotYet[] = {"include", "secrets", "connections", "tests"};

constexpr KeyRecord kJob[] = {
    {"name", kText, "the job's name; else the file's"},
    {"parallelism", kInteger, "subtasks of each operator", false, {}, {}, 1, kMaxParallelism},
    {"max_parallelism",
     kInteger,
     "key groups, the most subtasks a keyed operator can ever have",
     false,
     {},
     {},
     1,
     kMaxParallelism},
    {"time_zone", kText, "of TIMESTAMP_LTZ and the clock, such as Europe/Vienna"},
    {"on_error", kOnError, "what becomes of a row for which something fails"},
    {"checkpoint", kMap, "how often state is made safe, and where", false, "job checkpoint"},
    {"state", kMap, "what keeps state, and how long", false, "job state"},
    {"restart", kMap, "how the job is started again after a failure", false, "job restart"},
    {"config", kConfig, "options under Flink's names"},
};
constexpr KeyRecord kJobCheckpoint[] = {
    {"every", kDuration, "time from one checkpoint to the next"},
    {"dir", kText, "where they are kept: below it, a directory with the job's name"},
    {"mode", kChoice, "what is guaranteed for the state", false, {}, kCheckpointModes},
    {"timeout", kDuration, "a checkpoint that takes longer is given up"},
    {"min_pause", kDuration, "least time from the end of one to the next"},
    {"max_concurrent", kInteger, "how many may be under way at once", false, {}, {}, 1, 1000},
    {"tolerable_failures",
     kInteger,
     "how many in a row may fail before the job does",
     false,
     {},
     {},
     0,
     INT32_MAX},
    {"retain", kInteger, "how many complete ones are kept", false, {}, {}, 1, 10'000},
    {"retention", kChoice, "which checkpoints outlive their job", false, {}, kRetentions},
    {"incremental", kBoolean, "whether what has not changed is referred to, not written again"},
    {"savepoint_dir", kText, "where savepoints are made that name no directory"},
};

constexpr KeyRecord kJobState[] = {
    {"backend", kChoice, "rocksdb: state may be larger than memory", false, {}, kBackends},
    {"ttl", kDuration, "a group that had no row for so long is forgotten"},
    {"memory", kText, "what state and its caches may use"},
    {"local_dir", kText, "rocksdb: where its files are while the job runs"},
};

constexpr KeyRecord kJobRestart[] = {
    {"strategy", kChoice, "when the job is started again", true, {}, kStrategies},
    {"attempts",
     kInteger,
     "fixed_delay, exponential_delay: how often in all",
     false,
     {},
     {},
     0,
     INT32_MAX},
    {"delay", kDuration, "fixed_delay, failure_rate: how long to wait before"},
    {"failures",
     kInteger,
     "failure_rate: failures within `per` that the job survives",
     false,
     {},
     {},
     1,
     INT32_MAX},
    {"per", kDuration, "failure_rate: the interval in which failures are counted"},
    {"initial", kDuration, "exponential_delay: how long to wait at first"},
    {"max", kDuration, "exponential_delay: how long to wait at most"},
    {"multiplier", kText, "exponential_delay: what each wait is longer than the one before"},
    {"jitter", kText, "exponential_delay: the part of a wait that chance may add or take away"},
    {"reset_after", kDuration, "exponential_delay: without a failure so long, waits begin anew"},
};

constexpr KeyRecord kParameter[] = {
    {"type", kType, "the type of its value", true},
    {"default", kScalar, "its value where none is given"},
    {"doc", kText, "what it is for"},
    {"choices", kScalars, "the values that it may have"},
    {"min", kScalar, "the least value"},
    {"max", kScalar, "the largest value"},
    {"env", kText, "an environment variable to take it from"},
};

constexpr KeyRecord kFunction[] = {
    {"args", kArguments, "its arguments, `name: TYPE`"},
    {"returns", kType, "the type it gives; else that of the expression"},
    {"as", kExpression, "the expression it stands for", true},
};

constexpr KeyRecord kSource[] = {
    {"connector", kText, "`flinkc connectors` lists them", true},
    {"options", kOptions, "the connector's options"},
    {"format", kFormat, "how a record is written: json, csv, text"},
    {"on_error", kOnError, "what becomes of a record that cannot be decoded"},
    {"schema", kSchema, "its columns, `name: TYPE`, or the name of a type"},
    {"event_time", kMap, "which column says when a row happened", false, "event time"},
    {"bounded", kBoolean, "an assertion: whether the source ends by itself"},
};
constexpr std::string_view kSourceNotYet[] = {"connection", "key"};

constexpr KeyRecord kEventTime[] = {
    {"column", kColumnName, "a TIMESTAMP or TIMESTAMP_LTZ", true},
    {"out_of_order", kDuration, "how much later than the latest row one may come"},
    {"idle_after", kDuration, "a split that is silent for so long holds back no window"},
    {"ordered", kBoolean, "the files, in the order of their paths, are one ordered sequence"},
    {"align", kMap, "what is ahead of others waits for them", false, "watermark alignment"},
};

constexpr KeyRecord kAlign[] = {
    {"group", kText, "the sources that are read in step, by a name of their own", true},
    {"max_drift", kDuration, "how far one may be ahead of the group's least watermark", true},
    {"update_interval", kDuration, "how often that is looked at; 1s unless given"},
};

constexpr KeyRecord kSink[] = {
    {"from", kReference, "a source, a stream, or an output of one: orders.errors", true},
    {"connector", kText, "`flinkc connectors` lists them", true},
    {"options", kOptions, "the connector's options"},
    {"format", kFormat, "how a record is written: json, csv, text"},
    {"key", kColumnNames, "what an update is addressed by"},
    {"on_error", kOnError, "without effect: no row can fail in a sink"},
    {"delivery", kChoice, "what the sink must guarantee", false, {}, kDelivery},
};
constexpr std::string_view kSinkNotYet[] = {"connection"};

constexpr KeyRecord kStream[] = {
    {"from", kReferences, "what it reads; of several their union by column name"},
    {"join", kMap, "instead of `from`: pairs of rows of two streams", false, "join"},
    {"set",
     kChoice,
     "instead of the union: what all of them have, or only the first",
     false,
     {},
     kSets},
    {"pipe", kPipe, "operators one behind the other"},
    {"schema", kSchema, "an assertion: the columns that come out"},
    {"on_error", kOnError, "what becomes of a row for which something fails"},
    {"parallelism", kInteger, "subtasks", false, {}, {}, 1, kMaxParallelism},
    {"id", kName, "pins the id of its state"},
};
constexpr std::string_view kStreamNotYet[] = {"state"};

// A stream's and a pipe's: one of them.
constexpr KeyRecord kOperators[] = {
    {"filter", kExpression, "keeps the rows for which it is TRUE"},
    {"select", kListedExpressions, "just these columns"},
    {"extend", kNamedExpressions, "adds columns; each sees only the input's"},
    {"drop", kColumnNames, "all but these columns"},
    {"rename", kRenames, "the same columns under other names, `old: new`"},
    {"cast", kColumns, "other types, in place"},
    {"unnest", kOneExpression, "a row for each element of an array"},
    {"route", kBranches, "a row to every branch whose condition is TRUE, to `else` if to none"},
    {"aggregate", kMap, "one row for each group, or group and window", false, "aggregate"},
    {"top", kMap, "the first rows of each group by an order", false, "top"},
    {"dedupe", kMap, "the first or the last row of each group", false, "dedupe"},
    {"distinct", kColumnNamesOrAll, "each different row of these columns once; or `all`"},
    {"over", kMap, "adds results over the rows before each row of a key", false, "over"},
    {"match", kMap, "a row for each sequence of rows that a pattern matches", false, "match"},
};
constexpr std::string_view kOperatorsNotYet[] = {"sql"};

constexpr KeyRecord kTop[] = {
    {"by", kColumnNames, "the columns of a group; none: all rows are one"},
    {"order_by", kOrder, "columns, each ascending or `column: desc`", true},
    {"limit", kInteger, "how many rows of a group are kept", true, {}, {}, 1, 100'000},
    {"rank", kColumnName, "a column for the place of a row, from 1"},
    {"window", kWordOrMap, "groups of each window, given when it is over; or those of the input",
     false, "row window", kRowWindows},
    {"emit",
     kChoice,
     "with a window: when rows leave, as it is over (close, the default) or with each change",
     false,
     {},
     kTopEmit},
    {"ties", kBoolean, "with a window: also rows that are equal to the last one"},
    {"state", kMap, "how the groups are kept", false, "top state"},
};

constexpr KeyRecord kDedupe[] = {
    {"by", kColumnNames, "the columns of a group", true},
    {"keep", kChoice, "which row of a group: first (the default) or last", false, {}, kKeep},
    {"order_by", kColumnName, "first and last by this column; else as they come"},
    {"state", kMap, "how the groups are kept", false, "top state"},
};

constexpr KeyRecord kRowWindow[] = {
    {"tumble", kDuration, "windows of this size, one after the other", true},
    {"offset", kDuration, "shifts where windows begin"},
};

constexpr KeyRecord kTopState[] = {
    {"ttl", kDuration, "how long a group is kept after its last row, in processing time"},
};

constexpr KeyRecord kOver[] = {
    {"by", kColumnNames, "the columns of a key; none: all rows have one"},
    {"order_by", kColumnName, "the event time: a row leaves when the watermark has passed it"},
    {"on", kChoice, "instead of `order_by`: rows as they come", false, {}, kWindowOn},
    {"rows", kRowsBefore, "the frame: so many rows before each, and itself"},
    {"range", kTimeBefore, "the frame: rows at most so much older, and all of the same time"},
    {"compute", kNamedExpressions, "columns with aggregate functions: `mean: avg(price)`", true},
    {"late", kChoice, "what becomes of rows that come too late", false, {}, kOverLate},
    {"state", kMap, "how the keys are kept", false, "over state"},
};

constexpr KeyRecord kOverState[] = {
    {"ttl", kDuration, "how long a key is kept after its last row, in processing time"},
};

constexpr KeyRecord kMatch[] = {
    {"by", kColumnNames, "rows of equal columns are one sequence; none: all rows are one"},
    {"order_by", kOrder, "the event time, and by what rows of one time are ordered"},
    {"on", kChoice, "by when a row is read instead of its event time", false, {}, kWindowOn},
    {"pattern", kText, "the variables of a match in order: START DOWN+ UP", true},
    {"within", kDuration, "from the first row of a match to its last it takes no longer"},
    {"subset", kNameLists, "names for the rows of several variables: MOVE: [UP, DOWN]"},
    {"define", kConditions, "which rows a variable takes; without a condition any"},
    {"measures", kNamedExpressions, "the columns of a match, behind those of `by`", true},
    {"after_match", kText, "where the next match may begin: skip past last row, to next row, …"},
    {"late", kChoice, "what becomes of rows that come too late", false, {}, kOverLate},
};

constexpr KeyRecord kJoin[] = {
    {"inputs", kStreamNames, "two streams, left and right, under names for expressions", true},
    {"kind",
     kChoice,
     "which rows: inner (the default), left, right, full, semi, anti",
     false,
     {},
     kJoinKinds},
    {"match", kExpression, "which rows belong together: at least one `a.x = b.y`", true},
    {"within", kExpression, "how far apart in event time they may be, from both sides"},
    {"window", kWordOrMap, "pairs within each window, given when it is over; or those of the input",
     false, "row window", kRowWindows},
    {"temporal", kMap, "each left row with the version of the right that held at its time", false,
     "temporal"},
    {"lookup", kWordOrMap, "the second input is a source that is read as a table: once, or again",
     false, "lookup", kLookups},
    {"state", kMap, "how long rows are kept", false, "join state"},
};

constexpr KeyRecord kTemporal[] = {
    {"as_of", kExpression, "the event time of the first input", true},
    {"valid_from", kExpression,
     "the column of the second input that says since when a version holds; else its event time"},
};

constexpr KeyRecord kLookup[] = {
    {"refresh", kDuration, "how long after it was read the table is read again", true},
};

constexpr KeyRecord kJoinState[] = {
    {"ttl", kDuration,
     "how long the rows of a key are kept after the last one, in processing time"},
    {"left_ttl", kDuration, "the same for the left side"},
    {"right_ttl", kDuration, "the same for the right side"},
};

constexpr KeyRecord kPipeItem[] = {
    {"id", kName, "pins the id of the operator's state"},
};

constexpr KeyRecord kAggregate[] = {
    {"window", kMap, "groups by time as well", false, "window"},
    {"by", kGroupingColumns, "the columns of a group"},
    {"compute", kNamedExpressions, "columns with aggregate functions: `n: count(*)`"},
    {"having", kExpression, "which groups to keep"},
    {"lateness", kDuration, "how long after its end a window waits for late rows"},
    {"late", kChoice, "what becomes of rows that come too late", false, {}, kLate},
    {"emit", kEmit, "when results leave: as windows close, with each change, or at the end"},
    {"state", kMap, "how the groups are kept", false, "aggregate state"},
};

constexpr KeyRecord kAggregateState[] = {
    {"ttl", kDuration, "how long a group is kept after its last row, in processing time"},
};

constexpr KeyRecord kWindow[] = {
    {"tumble", kDuration, "windows of this size, one after the other"},
    {"hop", kMap, "windows that overlap", false, "hop"},
    {"cumulate", kMap, "windows that begin together, each a step longer", false, "cumulate"},
    {"session", kMap, "windows of rows without a long gap between them", false, "session"},
    {"offset", kDuration, "shifts where windows begin"},
    {"on", kChoice, "by when a row is read instead of its event time", false, {}, kWindowOn},
};

constexpr KeyRecord kHop[] = {
    {"size", kDuration, "how long a window is", true},
    {"every", kDuration, "how often one begins", true},
};

constexpr KeyRecord kCumulate[] = {
    {"size", kDuration, "how long the longest window is: a multiple of `step`", true},
    {"step", kDuration, "how much longer each is than the one before", true},
};

constexpr KeyRecord kSession[] = {
    {"gap", kDuration, "how long no row comes before a session is over", true},
};

constexpr KeyRecord kColumn[] = {
    {"type", kType, "the column's type", true},
    {"on_error", kOnError, "what becomes of a value that cannot be read"},
};

constexpr KeyRecord kComputedColumn[] = {
    {"expr", kExpression, "the column's value", true},
    {"on_error", kOnError, "what becomes of a row for which it fails"},
};

constexpr MapRecord kMaps[] = {
    {"spec", kSpec, kSpecNotYet},
    {"job", kJob},
    {"job checkpoint", kJobCheckpoint},
    {"job state", kJobState},
    {"job restart", kJobRestart},
    {"parameter", kParameter},
    {"function", kFunction},
    {"source", kSource, kSourceNotYet},
    {"event time", kEventTime},
    {"watermark alignment", kAlign},
    {"sink", kSink, kSinkNotYet},
    {"stream", kStream, kStreamNotYet, true},
    {"operator", kOperators, kOperatorsNotYet},
    {"pipe item", kPipeItem, {}, true},
    {"top", kTop},
    {"dedupe", kDedupe},
    {"top state", kTopState},
    {"row window", kRowWindow},
    {"over", kOver},
    {"over state", kOverState},
    {"match", kMatch},
    {"join", kJoin},
    {"join state", kJoinState},
    {"lookup", kLookup},
    {"temporal", kTemporal},
    {"aggregate", kAggregate},
    {"aggregate state", kAggregateState},
    {"window", kWindow},
    {"cumulate", kCumulate},
    {"session", kSession},
    {"hop", kHop},
    {"column", kColumn},
    {"computed column", kComputedColumn},
};

}  // namespace

std::span<const MapRecord> SpecMaps() { return kMaps; }

const MapRecord& SpecMap(std::string_view name) {
  for (const MapRecord& map : kMaps) {
    if (map.name == name) return map;
  }
  CHECK(false);
}

std::vector<std::string_view> OperatorKeywords() {
  std::vector<std::string_view> keywords;
  for (const KeyRecord& key : kOperators) keywords.push_back(key.name);
  return keywords;
}

bool IsOperatorKeyword(std::string_view keyword) {
  return std::ranges::find(kOperators, keyword, &KeyRecord::name) != std::end(kOperators) ||
         std::ranges::find(kOperatorsNotYet, keyword) != std::end(kOperatorsNotYet);
}

}  // namespace flinkc
