#include "compiler/check/source_checker.h"

#include <fmt/format.h>

#include "compiler/check/declarations.h"
#include "compiler/check/options.h"

namespace flinkc::check {

namespace {

class SourceChecker {
 public:
  SourceChecker(CheckState& state, const SourceSpec& spec)
      : state_(state), spec_(spec), policy_(state.PolicyOf(spec.on_error)) {}

  // Whether others can read the source: what its rows are is known. All else that is wrong was
  // reported.
  bool Run() {
    source_.name = spec_.name.value;
    const FormatRecord* format = nullptr;
    const SourceRecord* record = CheckConnector(&format);
    if (spec_.rows_are_invalid || !CheckColumnsOf(record, format)) return false;
    if (record != nullptr) CheckBounded(*record);
    if (!CheckEventTime(record)) return false;
    CheckOnError();
    if (valid_ && record != nullptr && record->validate != nullptr) {
      OptionProblems problems;
      record->validate(source_, &problems);
      ReportOptionProblems(state_, problems, fmt::format("connector `{}`", source_.connector),
                           record->options, spec_.options, spec_.connector.span);
    }
    AddOperator(record != nullptr);
    return true;
  }

 private:
  // nullptr unless connector, options and format are sound.
  const SourceRecord* CheckConnector(const FormatRecord** format_record) {
    if (spec_.connector_is_invalid) return nullptr;
    const ConnectorRecord* connector = FindConnector(state_, spec_.connector, true);
    if (connector == nullptr) return nullptr;
    const SourceRecord& record = connector->source;
    source_.connector = connector->name;
    // What is absent may stand there under a mistyped key.
    CheckedOptions options;
    if (!spec_.is_invalid || !spec_.options.empty()) {
      options = CheckOptionEntries(state_, fmt::format("connector `{}`", connector->name),
                                   record.options, spec_.options, spec_.connector.span);
    }
    CheckedFormat format;
    if (!spec_.is_invalid || spec_.format) {
      format = CheckFormat(state_, spec_.connector, record.format, spec_.format, true);
    }
    source_.options = std::move(options.options);
    if (format.record != nullptr) {
      source_.format = format.record->name;
      source_.format_options = std::move(format.options);
    }
    *format_record = format.record;
    return !spec_.is_invalid && options.valid && format.valid ? &record : nullptr;
  }

  // The columns may depend on the options. Without `record` only declared ones are known.
  bool CheckColumnsOf(const SourceRecord* record, const FormatRecord* format) {
    std::optional<Schema> fixed;
    std::string owner;
    if (record == nullptr) {
      if (!spec_.schema) return false;
    } else if (record->fixed_schema != nullptr) {
      fixed = record->fixed_schema(source_.options);
      owner = fmt::format("connector `{}`", source_.connector);
    } else if (format != nullptr && format->fixed_schema != nullptr) {
      fixed = format->fixed_schema(source_.format_options);
      owner = fmt::format("format `{}`", source_.format);
    }
    if (fixed && spec_.schema) {
      state_.log
          .Report(DiagnosticCode::kSchemaNotAllowed, spec_.schema->span,
                  fmt::format("{} fixes the columns: no `schema` here", owner))
          .Help(fmt::format("the columns are {}", fixed->ToString()));
      return false;
    }
    if (fixed) {
      source_.schema = std::move(*fixed);
      return true;
    }
    if (!spec_.schema) {
      state_.log
          .Report(DiagnosticCode::kSchemaRequired, spec_.name.span,
                  fmt::format("source `{}` needs a `schema`", spec_.name.value))
          .Help("such as `schema: {id: BIGINT NOT NULL, name: STRING}`");
      return false;
    }
    std::optional<Schema> declared = CheckSchema(state_, *spec_.schema);
    if (!declared) return false;
    source_.schema = std::move(*declared);
    if (format != nullptr) {
      valid_ = CheckFormatTypes(state_, *format, source_.schema, spec_.schema->span) && valid_;
    }
    return true;
  }

  void CheckBounded(const SourceRecord& record) {
    source_.bounded = record.bounded_always ||
                      (record.is_bounded != nullptr && record.is_bounded(source_.options));
    if (!spec_.bounded || spec_.bounded->value == source_.bounded) return;
    state_.log.Report(DiagnosticCode::kBoundedAssertion, spec_.bounded->span,
                      fmt::format("source `{}` is {}, not {}", spec_.name.value,
                                  source_.bounded ? "bounded" : "unbounded",
                                  source_.bounded ? "unbounded" : "bounded"));
    valid_ = false;
  }

  std::vector<std::string_view> ColumnNames() const {
    std::vector<std::string_view> names;
    for (const Field& field : source_.schema) names.push_back(field.name);
    return names;
  }

  // False: which column it is, is not known.
  bool CheckEventTime(const SourceRecord* record) {
    if (spec_.event_time) return CheckDeclaredEventTime(*spec_.event_time);
    if (record == nullptr || record->default_event_time == nullptr) return true;
    if (auto given = record->default_event_time(source_.options)) {
      std::optional<size_t> column = source_.schema.IndexOf(given->column);
      if (!column) return true;
      event_time_.emplace();
      event_time_->column = static_cast<uint32_t>(*column);
      event_time_->out_of_order_micros = given->out_of_order_micros;
    }
    return true;
  }

  bool CheckDeclaredEventTime(const EventTimeSpec& spec) {
    std::optional<size_t> column = source_.schema.IndexOf(spec.column.value);
    if (!column) {
      state_.log
          .Report(DiagnosticCode::kUnknownColumn, spec.column.span,
                  fmt::format("unknown column `{}` in source `{}`", spec.column.value,
                              spec_.name.value))
          .Label(SuggestText(spec.column.value, ColumnNames()))
          .Also(spec_.schema ? spec_.schema->span : spec_.name.span,
                fmt::format("columns of `{}`", spec_.name.value));
      return false;
    }
    const DataType& type = source_.schema[*column].type;
    if (!type.is_timestamp()) {
      state_.log
          .Report(DiagnosticCode::kInvalidEventTime, spec.column.span,
                  fmt::format("event time must be a TIMESTAMP or TIMESTAMP_LTZ, `{}` is {}",
                              spec.column.value, type.ToString()))
          .Help(
              "declare the column as TIMESTAMP(3); a number of seconds or milliseconds since "
              "1970 is read with the format's `timestamp_format`");
      return false;
    }
    event_time_.emplace();
    event_time_->column = static_cast<uint32_t>(*column);
    event_time_->out_of_order_micros = CheckDuration(spec.out_of_order, "out_of_order");
    event_time_->idle_after_micros = spec.idle_after ? CheckDuration(spec.idle_after, "idle_after")
                                                     : state_.context.config->idle_after_micros;
    event_time_->watermark_interval_micros = state_.context.config->watermark_interval_micros;
    event_time_->ordered = spec.ordered && spec.ordered->value;
    if (spec.align) CheckAlign(*spec.align);
    return true;
  }

  void CheckAlign(const AlignSpec& spec) {
    WatermarkAlignment& align = event_time_->align.emplace();
    align.group = spec.group.value;
    align.max_drift_micros = CheckDuration(spec.max_drift, "max_drift");
    if (spec.update_interval) align.update_interval_micros = spec.update_interval->value.micros;
  }

  int64_t CheckDuration(const std::optional<Located<DurationValue>>& duration, const char* key) {
    if (!duration) return 0;
    if (duration->value.micros < 0) {
      state_.log.Report(DiagnosticCode::kInvalidEventTime, duration->span,
                        fmt::format("`{}` cannot be negative", key));
      valid_ = false;
    }
    return duration->value.micros;
  }

  void CheckOnError() {
    source_.on_error = policy_.mode;
    if (spec_.schema) {
      for (const ColumnSpec& column : DeclaredColumns()) {
        if (!column.on_error) continue;
        if (auto index = source_.schema.IndexOf(column.name.value)) {
          source_.column_on_error[static_cast<uint32_t>(*index)] =
              ToErrorMode(column.on_error->value);
          column_spans_[static_cast<uint32_t>(*index)] = column.on_error->span;
        }
      }
    }
    for (uint32_t i = 0; i < source_.schema.size(); ++i) {
      auto own = source_.column_on_error.find(i);
      ErrorMode mode = own == source_.column_on_error.end() ? policy_.mode : own->second;
      if (mode != ErrorMode::kNull || source_.schema[i].type.nullable()) continue;
      SourceSpan span = own == source_.column_on_error.end() ? policy_.span : column_spans_[i];
      state_.log
          .Report(DiagnosticCode::kNullOfNotNull, span,
                  fmt::format("`on_error: null` cannot hold for column `{}` of source `{}`, which "
                              "is NOT NULL",
                              source_.schema[i].name, spec_.name.value))
          .Help(
              "drop NOT NULL, or give this column an `on_error` of its own: "
              "`{type: …, on_error: drop}`");
      valid_ = false;
    }
  }

  const std::vector<ColumnSpec>& DeclaredColumns() const {
    if (!spec_.schema->type_name) return spec_.schema->columns;
    for (const TypeSpec& type : state_.spec.types) {
      if (type.name.value == spec_.schema->type_name->value) return type.columns;
    }
    return spec_.schema->columns;
  }

  void AddOperator(bool connector_is_known) {
    CheckedStream& stream = state_.streams[spec_.name.value];
    stream.errors_policy = policy_;
    // A source without a format makes its rows itself and decodes nothing, but event time that is
    // NULL fails in any.
    bool nullable_time = event_time_ && source_.schema[event_time_->column].type.nullable();
    stream.can_fail = !source_.format.empty() || nullable_time || !connector_is_known;
    // What the connector would say; nothing follows from its not being known.
    source_.bounded = source_.bounded || !connector_is_known;
    bool routes = stream.can_fail && source_.on_error == ErrorMode::kRoute;
    for (const auto& [column, mode] : source_.column_on_error) {
      routes = routes || mode == ErrorMode::kRoute;
    }
    for (uint32_t i = 0; i < source_.schema.size(); ++i) source_.needed_columns.push_back(i);

    LogicalOutput output;
    output.schema = source_.schema;
    if (event_time_) {
      output.time_attribute = event_time_->column;
      output.watermark_column = static_cast<uint32_t>(output.schema.size());
      output.schema.Add({kWatermarkColumn, DataType(TypeKind::kBigint, false)});
    }
    ErrorMode mode = stream.can_fail ? policy_.mode : ErrorMode::kFail;
    LogicalOperator& op = state_.Add(SourceOp{std::move(source_), event_time_}, spec_.name.value,
                                     "", spec_.name.span, {});
    op.on_error = mode;
    op.outputs.push_back(std::move(output));
    stream.outputs.emplace_back("", LogicalInput{op.id, 0});
    if (routes) AddErrorsOutput(state_, op, stream);
    if (routes && !op.errors_output) stream.misses_errors = true;
  }

  CheckState& state_;
  const SourceSpec& spec_;
  const ErrorPolicy policy_;
  SourceDescriptor source_;
  std::optional<EventTimeDescriptor> event_time_;
  std::map<uint32_t, SourceSpan> column_spans_;
  bool valid_ = true;
};

}  // namespace

void CheckSource(CheckState& state, const SourceSpec& spec) {
  CheckedStream& stream = state.streams[spec.name.value];
  stream.is_invalid = !SourceChecker(state, spec).Run();
}

}  // namespace flinkc::check
