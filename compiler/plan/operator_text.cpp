#include "compiler/plan/operator_text.h"

#include <fmt/format.h>

#include "compiler/plan/native_plan.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

std::string OptionsText(const OptionMap& options) {
  std::string text;
  for (const auto& [name, value] : options) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", name, value);
  }
  return text;
}

std::string ColumnNames(const Schema& schema, const std::vector<uint32_t>& columns) {
  std::string text;
  for (uint32_t column : columns) {
    if (!text.empty()) text += ", ";
    text += column < schema.size() ? schema[column].name : fmt::format("?{}", column);
  }
  return text;
}

void AppendConnector(const std::string& connector, const OptionMap& options,
                     const std::string& format, const OptionMap& format_options,
                     std::vector<std::string>& lines) {
  lines.push_back(options.empty() ? connector
                                  : fmt::format("{} ({})", connector, OptionsText(options)));
  if (format.empty()) return;
  lines.push_back(format_options.empty()
                      ? "format " + format
                      : fmt::format("format {} ({})", format, OptionsText(format_options)));
}

std::vector<std::string> Describe(const SourceOp& source) {
  std::vector<std::string> lines;
  const SourceDescriptor& descriptor = source.descriptor;
  AppendConnector(descriptor.connector, descriptor.options, descriptor.format,
                  descriptor.format_options, lines);
  lines.push_back(descriptor.bounded ? "bounded" : "unbounded");
  if (descriptor.needed_columns.size() < descriptor.schema.size()) {
    lines.push_back(fmt::format("reads {} of {} columns", descriptor.needed_columns.size(),
                                descriptor.schema.size()));
  }
  if (source.event_time) {
    const EventTimeDescriptor& time = *source.event_time;
    std::string line = "event time " + descriptor.schema[time.column].name;
    if (time.out_of_order_micros > 0) {
      line += fmt::format(", {} out of order", DurationText(time.out_of_order_micros));
    }
    if (time.idle_after_micros > 0) {
      line += ", idle after " + DurationText(time.idle_after_micros);
    }
    if (time.ordered) line += ", ordered";
    lines.push_back(line);
    if (time.align) {
      lines.push_back(fmt::format("at most {} ahead of group {}, looked at every {}",
                                  DurationText(time.align->max_drift_micros), time.align->group,
                                  DurationText(time.align->update_interval_micros)));
    }
  }
  return lines;
}

std::string WindowKindText(const WindowSpecification& window) {
  const std::string size = DurationText(window.size_micros);
  switch (window.kind) {
    case WindowKind::kSession:
      return "session gap " + size;
    case WindowKind::kCumulate:
      return fmt::format("cumulate {} step {}", size, DurationText(window.slide_micros));
    case WindowKind::kHop:
      break;
  }
  if (window.slide_micros == window.size_micros) return "tumble " + size;
  return fmt::format("hop {} every {}", size, DurationText(window.slide_micros));
}

std::string WindowText(const WindowSpecification& window, const Schema* input) {
  std::string text = WindowKindText(window);
  if (window.offset_micros != 0) text += " offset " + DurationText(window.offset_micros);
  if (window.processing_time) {
    text += " on processing time";
  } else if (input != nullptr && window.time_column < input->size()) {
    text += " on " + (*input)[window.time_column].name;
  }
  if (window.lateness_micros > 0) text += ", lateness " + DurationText(window.lateness_micros);
  if (window.each_row) text += ", emits changes";
  if (window.early_micros > 0) text += ", emits every " + DurationText(window.early_micros);
  if (window.late_updates) text += ", updated by late rows";
  return text;
}

std::vector<std::string> Describe(const AggregateOp& aggregate, const Schema* input) {
  std::vector<std::string> lines;
  if (!aggregate.keys.empty() && input != nullptr) {
    lines.push_back("by " + ColumnNames(*input, aggregate.keys));
  }
  if (aggregate.window) lines.push_back(WindowText(*aggregate.window, input));
  if (aggregate.set) {
    lines.push_back(fmt::format("{} of {} streams", Name(*aggregate.set), aggregate.calls.size()));
  } else {
    for (const AggregateCall& call : aggregate.calls) lines.push_back(call.ToString());
  }
  if (aggregate.emit == EmitStrategy::kAtEnd) lines.push_back("emits at the end");
  if (aggregate.emit == EmitStrategy::kChangelog) lines.push_back("emits changes");
  if (aggregate.mini_batch) {
    lines.push_back(fmt::format("folds up to {} changes within {}", aggregate.mini_batch->rows,
                                DurationText(aggregate.mini_batch->latency_micros)));
  }
  if (aggregate.state_ttl_micros > 0) {
    lines.push_back("forgets groups after " + DurationText(aggregate.state_ttl_micros));
  }
  if (aggregate.route_late) lines.push_back("routes late rows");
  return lines;
}

std::vector<std::string> Describe(const LocalAggregateOp& local, const Schema* input) {
  // What is emitted, kept and routed is the global aggregate's.
  AggregateOp accumulated;
  accumulated.keys = local.aggregate.keys;
  accumulated.window = local.aggregate.window;
  accumulated.calls = local.aggregate.calls;
  accumulated.emit = EmitStrategy::kWindowClose;
  std::vector<std::string> lines = Describe(accumulated, input);
  if (!local.adaptive) lines.push_back("always");
  return lines;
}

std::vector<std::string> Describe(const ProjectOp& project, const Schema* input) {
  std::vector<std::string> lines;
  std::string kept;
  for (const NamedExpr& column : project.columns) {
    bool is_kept = column.expr->kind() == ExprKind::kColumn && column.expr->name() == column.name;
    if (is_kept) {
      kept += (kept.empty() ? "" : ", ") + column.name;
    } else {
      std::string line = fmt::format("{}: {}", column.name, column.expr->ToString());
      if (column.on_error) line += fmt::format(" (on error {})", Name(*column.on_error));
      lines.push_back(std::move(line));
    }
  }
  if (!kept.empty()) lines.insert(lines.begin(), kept);
  return lines;
}

std::string KindText(JoinKind kind) {
  static constexpr std::string_view kNames[] = {"inner", "left", "right", "full", "semi", "anti"};
  return std::string(kNames[static_cast<size_t>(kind)]);
}

// `inputs`: of left and right, or none.
std::vector<std::string> KindAndKeys(const JoinDescriptor& join,
                                     const std::vector<const Schema*>& inputs) {
  std::vector<std::string> lines = {KindText(join.kind)};
  const bool known = inputs.size() == 2 && inputs[0] != nullptr && inputs[1] != nullptr;
  for (size_t i = 0; known && i < join.keys[0].size(); ++i) {
    lines.push_back(fmt::format("{} = {}", (*inputs[0])[join.keys[0][i]].name,
                                (*inputs[1])[join.keys[1][i]].name));
  }
  return lines;
}

std::vector<std::string> Describe(const JoinOp& op, const std::vector<const Schema*>& inputs) {
  std::vector<std::string> lines = KindAndKeys(op.join, inputs);
  if (op.join.interval) {
    lines.push_back(fmt::format("right from {} to {} of left",
                                DurationText(op.join.interval->lower_micros),
                                DurationText(op.join.interval->upper_micros)));
  }
  if (op.join.window) {
    lines.push_back(op.join.makes_window() ? "tumble " + DurationText(op.join.window->size_micros)
                                           : "within each window");
  }
  if (op.join.versions && inputs.size() == 2 && inputs[0] != nullptr && inputs[1] != nullptr) {
    lines.push_back(fmt::format("as of {}, versions from {}",
                                (*inputs[0])[op.join.versions->times[0]].name,
                                (*inputs[1])[op.join.versions->times[1]].name));
  }
  if (op.condition != nullptr) lines.push_back(op.condition->ToString());
  for (size_t i = 0; i < 2; ++i) {
    if (op.join.ttl_micros[i] == 0) continue;
    lines.push_back(fmt::format("forgets {} rows after {}", i == 0 ? "left" : "right",
                                DurationText(op.join.ttl_micros[i])));
  }
  return lines;
}

std::vector<std::string> Describe(const LookupOp& op, const Schema* input) {
  const SourceDescriptor& table = op.lookup.table;
  const Schema columns = table.BatchSchema();
  std::vector<std::string> lines = KindAndKeys(op.lookup.join, {input, &columns});
  if (op.condition != nullptr) lines.push_back(op.condition->ToString());
  lines.push_back("table " + table.name);
  AppendConnector(table.connector, table.options, table.format, table.format_options, lines);
  if (table.needed_columns.size() < table.schema.size()) {
    lines.push_back(
        fmt::format("reads {} of {} columns", table.needed_columns.size(), table.schema.size()));
  }
  lines.push_back(op.lookup.refresh_micros == 0
                      ? "read once"
                      : "read every " + DurationText(op.lookup.refresh_micros));
  return lines;
}

std::vector<std::string> Describe(const TopOp& op, const Schema* input) {
  std::vector<std::string> lines = {
      fmt::format("first {}{}", op.top.limit, op.top.with_ties ? " with ties" : "")};
  if (op.top.window) {
    lines.push_back(op.top.window->size_micros == 0
                        ? "of each window"
                        : "tumble " + DurationText(op.top.window->size_micros));
    if (op.top.window_updates) lines.push_back("emits changes");
  }
  if (op.top.is_filter) lines.push_back("drops what cannot be among them");
  if (input != nullptr) {
    if (!op.top.keys.empty()) lines.push_back("by " + ColumnNames(*input, op.top.keys));
    for (const OrderColumn& order : op.top.order) {
      lines.push_back(fmt::format("order {}{}", ColumnNames(*input, {order.column}),
                                  order.descending ? " desc" : ""));
    }
  }
  if (op.top.newest_first) lines.push_back("the newest first");
  if (op.top.with_rank) lines.push_back("with rank");
  if (op.top.ttl_micros > 0) {
    lines.push_back("forgets groups after " + DurationText(op.top.ttl_micros));
  }
  return lines;
}

std::string FrameText(const OverFrame& frame) {
  const bool is_rows = frame.unit == OverFrame::Unit::kRows;
  std::string text = is_rows ? "rows " : "range ";
  if (!frame.preceding) {
    text += "unbounded";
  } else {
    text += is_rows ? std::to_string(*frame.preceding) : DurationText(*frame.preceding);
  }
  return text + " preceding";
}

std::vector<std::string> Describe(const OverOp& op, const Schema* input) {
  std::vector<std::string> lines;
  if (!op.aggregate.keys.empty() && input != nullptr) {
    lines.push_back("by " + ColumnNames(*input, op.aggregate.keys));
  }
  if (!op.time) {
    lines.push_back("order by processing time");
  } else if (input != nullptr) {
    lines.push_back("order " + ColumnNames(*input, {op.time->time_column}));
  }
  lines.push_back(FrameText(op.frame));
  for (const AggregateCall& call : op.aggregate.calls) lines.push_back(call.ToString());
  if (op.frame.preceding && !TakesBack(op)) lines.push_back("computes each frame anew");
  if (op.aggregate.state_ttl_micros > 0) {
    lines.push_back("forgets keys after " + DurationText(op.aggregate.state_ttl_micros));
  }
  if (op.aggregate.route_late) lines.push_back("routes late rows");
  return lines;
}

std::string AfterMatchText(const MatchDescriptor& match) {
  const std::string& variable = match.NameOf(match.after_variable);
  switch (match.after) {
    case AfterMatch::kPastLastRow:
      return "skip past last row";
    case AfterMatch::kToNextRow:
      return "skip to next row";
    case AfterMatch::kToFirst:
      return "skip to first " + variable;
    case AfterMatch::kToLast:
      return "skip to last " + variable;
  }
  CHECK(false);
}

std::vector<std::string> Describe(const MatchOp& op, const Schema* input) {
  const MatchDescriptor& match = op.match;
  std::vector<std::string> lines = {match.pattern};
  if (match.within_micros > 0) lines.back() += " within " + DurationText(match.within_micros);
  if (input != nullptr) {
    if (!match.keys.empty()) lines.push_back("by " + ColumnNames(*input, match.keys));
    if (match.time_column) lines.push_back("on " + ColumnNames(*input, {*match.time_column}));
    for (const OrderColumn& order : match.order) {
      lines.push_back(fmt::format("order {}{}", ColumnNames(*input, {order.column}),
                                  order.descending ? " desc" : ""));
    }
  }
  if (!match.time_column) lines.push_back("on processing time");
  for (const PatternSubset& subset : match.subsets) {
    std::vector<std::string_view> names;
    for (const uint32_t variable : subset.variables) names.push_back(match.NameOf(variable));
    lines.push_back(fmt::format("{}: any of {}", subset.name, fmt::join(names, ", ")));
  }
  for (const PatternVariable& variable : match.variables) {
    if (!variable.condition) continue;
    lines.push_back(
        fmt::format("{}: {}", variable.name, op.conditions[*variable.condition]->ToString()));
  }
  lines.push_back(AfterMatchText(match));
  if (match.route_late) lines.push_back("routes late rows");
  return lines;
}

std::vector<std::string> Describe(const RouteOp& route) {
  std::vector<std::string> lines;
  for (const RouteOp::Branch& branch : route.branches) {
    lines.push_back(fmt::format("{}: {}", branch.name,
                                branch.predicate ? branch.predicate->ToString() : "else"));
  }
  return lines;
}

std::vector<std::string> Describe(const SinkOp& sink) {
  std::vector<std::string> lines;
  AppendConnector(sink.descriptor.connector, sink.descriptor.options, sink.descriptor.format,
                  sink.descriptor.format_options, lines);
  if (sink.exactly_once) lines.push_back("exactly once");
  return lines;
}

}  // namespace

std::string_view Name(SetOperation operation) {
  static constexpr std::string_view kNames[] = {"intersect", "intersect_all", "except",
                                                "except_all"};
  return kNames[static_cast<size_t>(operation)];
}

std::string_view KindName(const LogicalOperator& op) {
  static constexpr std::string_view kNames[] = {
      "source", "filter", "project", "unnest", "route", "aggregate", "union",
      "sink",   "join",   "top",     "lookup", "over",  "match",     "local_aggregate"};
  static_assert(std::size(kNames) == std::variant_size_v<OperatorVariant>);
  const auto* aggregate = op.As<AggregateOp>();
  if (aggregate != nullptr && aggregate->merges_partials) return "global_aggregate";
  return kNames[op.op.index()];
}

std::string_view Name(ChangelogMode mode) {
  switch (mode) {
    case ChangelogMode::kAppend:
      return "append";
    case ChangelogMode::kUpsert:
      return "upsert";
    case ChangelogMode::kRetract:
      return "retract";
  }
  CHECK(false);
}

std::string_view Name(ErrorMode mode) {
  switch (mode) {
    case ErrorMode::kFail:
      return "fail";
    case ErrorMode::kDrop:
      return "drop";
    case ErrorMode::kNull:
      return "null";
    case ErrorMode::kRoute:
      return "route";
  }
  CHECK(false);
}

std::string DurationText(int64_t micros) {
  if (micros == 0) return "0s";
  struct Unit {
    int64_t micros;
    std::string_view name;
  };
  static constexpr Unit kUnits[] = {{86'400'000'000, "d"}, {3'600'000'000, "h"}, {60'000'000, "m"},
                                    {1'000'000, "s"},      {1'000, "ms"},        {1, "us"}};
  std::string text = micros < 0 ? "-" : "";
  // Magnitude without overflow at INT64_MIN.
  uint64_t rest = micros < 0 ? 0 - static_cast<uint64_t>(micros) : static_cast<uint64_t>(micros);
  bool first = true;
  for (const Unit& unit : kUnits) {
    uint64_t count = rest / static_cast<uint64_t>(unit.micros);
    if (count == 0) continue;
    text += fmt::format("{}{}{}", first ? "" : " ", count, unit.name);
    rest -= count * static_cast<uint64_t>(unit.micros);
    first = false;
  }
  return text;
}

std::string ChangelogText(const LogicalOutput& output) {
  std::string text(Name(output.changelog));
  if (output.changelog != ChangelogMode::kAppend && !output.unique_key.empty()) {
    text += " (" + ColumnNames(output.schema, output.unique_key) + ")";
  }
  return text;
}

std::vector<std::string> DescribeOperator(const LogicalOperator& op,
                                          const std::vector<const Schema*>& inputs) {
  const Schema* input = inputs.empty() ? nullptr : inputs[0];
  std::vector<std::string> lines =
      std::visit(Overloaded{
                     [&](const SourceOp& source) { return Describe(source); },
                     [&](const FilterOp& filter) {
                       return std::vector<std::string>{filter.predicate->ToString()};
                     },
                     [&](const ProjectOp& project) { return Describe(project, input); },
                     [&](const UnnestOp& unnest) {
                       return std::vector<std::string>{
                           fmt::format("{}: each of {}", unnest.name, unnest.array->ToString())};
                     },
                     [&](const RouteOp& route) { return Describe(route); },
                     [&](const AggregateOp& aggregate) { return Describe(aggregate, input); },
                     [&](const LocalAggregateOp& local) { return Describe(local, input); },
                     [&](const JoinOp& join) { return Describe(join, inputs); },
                     [&](const TopOp& top) { return Describe(top, input); },
                     [&](const LookupOp& lookup) { return Describe(lookup, input); },
                     [&](const OverOp& over) { return Describe(over, input); },
                     [&](const MatchOp& match) { return Describe(match, input); },
                     [&](const UnionOp&) { return std::vector<std::string>{}; },
                     [&](const SinkOp& sink) { return Describe(sink); },
                 },
                 op.op);
  if (op.on_error != ErrorMode::kFail) {
    lines.push_back(fmt::format("on error {}", Name(op.on_error)));
  }
  return lines;
}

}  // namespace flinkc
