#include "runtime/graph/descriptor_proto.h"

#include <utility>

#include <fmt/format.h>

#include "runtime/data/type_proto.h"

namespace flinkc {

namespace {

// Far above what anybody waits for, and so small that no sum with a time overflows.
constexpr int64_t kDurationMicrosMax = INT64_MAX / 4;

std::unexpected<Error> Corrupt(std::string message) {
  return MakeError(ErrorCode::kCorrupt, std::move(message));
}

}  // namespace

void WriteEntries(const std::map<std::string, std::string>& entries,
                  google::protobuf::RepeatedPtrField<proto::Entry>* into) {
  for (const auto& [key, value] : entries) {
    proto::Entry* entry = into->Add();
    entry->set_key(key);
    entry->set_value(value);
  }
}

std::map<std::string, std::string> ReadEntries(
    const google::protobuf::RepeatedPtrField<proto::Entry>& entries) {
  std::map<std::string, std::string> map;
  for (const proto::Entry& entry : entries) map[entry.key()] = entry.value();
  return map;
}

Result<ErrorMode> ErrorModeFromProto(uint32_t number) {
  if (number > static_cast<uint32_t>(ErrorMode::kRoute)) {
    return Corrupt(fmt::format("there is no error mode {}", number));
  }
  return static_cast<ErrorMode>(number);
}

proto::SourceDescriptor ToProto(const SourceDescriptor& source) {
  proto::SourceDescriptor message;
  message.set_name(source.name);
  message.set_connector(source.connector);
  WriteEntries(source.options, message.mutable_options());
  message.set_format(source.format);
  WriteEntries(source.format_options, message.mutable_format_options());
  *message.mutable_schema() = ToProto(source.schema);
  for (uint32_t column : source.needed_columns) message.add_needed_columns(column);
  message.set_on_error(static_cast<uint32_t>(source.on_error));
  for (const auto& [column, mode] : source.column_on_error) {
    auto* entry = message.add_column_on_error();
    entry->set_column(column);
    entry->set_on_error(static_cast<uint32_t>(mode));
  }
  message.set_bounded(source.bounded);
  return message;
}

Result<SourceDescriptor> FromProto(const proto::SourceDescriptor& message) {
  SourceDescriptor source;
  source.name = message.name();
  source.connector = message.connector();
  source.options = ReadEntries(message.options());
  source.format = message.format();
  source.format_options = ReadEntries(message.format_options());
  ASSIGN_OR_RETURN(source.schema, FromProto(message.schema()));
  for (uint32_t column : message.needed_columns()) {
    if (column >= source.schema.size() ||
        (!source.needed_columns.empty() && column <= source.needed_columns.back())) {
      return Corrupt(fmt::format("source `{}` cannot need column {}", source.name, column));
    }
    source.needed_columns.push_back(column);
  }
  ASSIGN_OR_RETURN(source.on_error, ErrorModeFromProto(message.on_error()));
  for (const auto& entry : message.column_on_error()) {
    if (entry.column() >= source.schema.size()) {
      return Corrupt(fmt::format("source `{}` has no column {}", source.name, entry.column()));
    }
    ASSIGN_OR_RETURN(source.column_on_error[entry.column()], ErrorModeFromProto(entry.on_error()));
  }
  source.bounded = message.bounded();
  return source;
}

proto::EventTimeDescriptor ToProto(const EventTimeDescriptor& event_time) {
  proto::EventTimeDescriptor message;
  message.set_column(event_time.column);
  message.set_out_of_order_micros(event_time.out_of_order_micros);
  message.set_idle_after_micros(event_time.idle_after_micros);
  message.set_watermark_interval_micros(event_time.watermark_interval_micros);
  message.set_ordered(event_time.ordered);
  if (event_time.align) {
    proto::WatermarkAlignment& align = *message.mutable_align();
    align.set_group(event_time.align->group);
    align.set_max_drift_micros(event_time.align->max_drift_micros);
    align.set_update_interval_micros(event_time.align->update_interval_micros);
  }
  return message;
}

Result<EventTimeDescriptor> FromProto(const proto::EventTimeDescriptor& message,
                                      const SourceDescriptor& source) {
  EventTimeDescriptor event_time;
  event_time.column = message.column();
  event_time.out_of_order_micros = message.out_of_order_micros();
  event_time.idle_after_micros = message.idle_after_micros();
  event_time.watermark_interval_micros = message.watermark_interval_micros();
  event_time.ordered = message.ordered();
  if (event_time.column >= source.schema.size() ||
      !source.schema[event_time.column].type.is_timestamp()) {
    return Corrupt(fmt::format("event time of source `{}` is no TIMESTAMP column", source.name));
  }
  if (event_time.out_of_order_micros < 0 || event_time.idle_after_micros < 0 ||
      event_time.watermark_interval_micros <= 0 ||
      event_time.watermark_interval_micros > kDurationMicrosMax) {
    return Corrupt(
        fmt::format("event time of source `{}` has a duration that makes no sense", source.name));
  }
  if (message.has_align()) {
    const proto::WatermarkAlignment& align = message.align();
    if (align.max_drift_micros() < 0 || align.update_interval_micros() <= 0 ||
        align.update_interval_micros() > kDurationMicrosMax) {
      return Corrupt(fmt::format("source `{}` is aligned by no durations", source.name));
    }
    event_time.align = {align.group(), align.max_drift_micros(), align.update_interval_micros()};
  }
  return event_time;
}

proto::SinkDescriptor ToProto(const SinkDescriptor& sink) {
  proto::SinkDescriptor message;
  message.set_name(sink.name);
  message.set_connector(sink.connector);
  WriteEntries(sink.options, message.mutable_options());
  message.set_format(sink.format);
  WriteEntries(sink.format_options, message.mutable_format_options());
  return message;
}

SinkDescriptor FromProto(const proto::SinkDescriptor& message) {
  SinkDescriptor sink;
  sink.name = message.name();
  sink.connector = message.connector();
  sink.options = ReadEntries(message.options());
  sink.format = message.format();
  sink.format_options = ReadEntries(message.format_options());
  return sink;
}

}  // namespace flinkc
