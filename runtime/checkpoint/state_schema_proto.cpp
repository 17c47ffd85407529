#include "runtime/checkpoint/state_schema_proto.h"

#include <utility>

#include "runtime/checkpoint/check_metadata.h"
#include "runtime/data/type_proto.h"

namespace flinkc {

namespace {

std::unexpected<Error> Corrupt(std::string message) {
  return MakeError(ErrorCode::kCorrupt, "the schema of a state: " + std::move(message));
}

Result<StateSchema::Accumulator> ReadAccumulator(const proto::StateAccumulator& from) {
  StateSchema::Accumulator to;
  to.name = from.name();
  to.call = from.call();
  to.kind = from.kind();
  to.input = from.input();
  for (const proto::DataType& type : from.argument_types()) {
    ASSIGN_OR_RETURN(DataType argument, FromProto(type));
    to.argument_types.push_back(std::move(argument));
  }
  ASSIGN_OR_RETURN(to.result_type, FromProto(from.result_type()));
  to.offset = from.offset();
  to.bytes = from.bytes();
  to.blob_offsets.assign(from.blob_offsets().begin(), from.blob_offsets().end());
  if (from.distinct_offset() != 0) to.distinct_offset = from.distinct_offset();
  return to;
}

}  // namespace

proto::StateSchema ToProto(const StateSchema& schema, const std::optional<WindowLayout>& window) {
  proto::StateSchema message;
  message.set_row_bytes(schema.row_bytes);
  message.set_key_bytes(schema.key_bytes);
  message.set_updated_at_offset(schema.updated_at_offset.value_or(0));
  message.set_kind(static_cast<uint32_t>(schema.kind));
  if (!schema.rows.empty()) *message.mutable_rows() = ToProto(schema.rows);
  message.set_rows_offset(schema.rows_offset);
  message.set_broadcast(schema.broadcast);
  for (const StateSchema::KeyField& key : schema.keys) {
    proto::StateKeyField& to = *message.add_keys();
    to.set_name(key.name);
    *to.mutable_type() = ToProto(key.type);
    to.set_offset(key.offset);
    to.set_null_offset(key.null_offset.value_or(0));
  }
  for (const StateSchema::Accumulator& accumulator : schema.accumulators) {
    proto::StateAccumulator& to = *message.add_accumulators();
    to.set_name(accumulator.name);
    to.set_call(accumulator.call);
    to.set_kind(accumulator.kind);
    to.set_input(accumulator.input);
    for (const DataType& type : accumulator.argument_types) {
      *to.add_argument_types() = ToProto(type);
    }
    *to.mutable_result_type() = ToProto(accumulator.result_type);
    to.set_offset(accumulator.offset);
    to.set_bytes(accumulator.bytes);
    for (const uint32_t offset : accumulator.blob_offsets) to.add_blob_offsets(offset);
    to.set_distinct_offset(accumulator.distinct_offset.value_or(0));
  }
  if (window) {
    message.set_window_size(window->size_micros);
    message.set_window_slide(window->slide_micros);
    message.set_window_slice(window->slice_micros);
    message.set_window_offset(window->offset_micros);
    message.set_lateness(window->lateness_micros);
    message.set_window_kind(static_cast<uint32_t>(window->kind));
    message.set_window_processing_time(window->processing_time);
    message.set_window_each_row(window->each_row);
    message.set_window_early(window->early_micros);
    message.set_window_late_updates(window->late_updates);
    message.set_window_takes_back(window->takes_back);
  }
  return message;
}

Result<StoredStateSchema> FromProto(const proto::StateSchema& message) {
  RETURN_IF_ERROR(CheckStateSchema(message));
  StoredStateSchema stored;
  StateSchema& schema = stored.schema;
  schema.row_bytes = message.row_bytes();
  schema.key_bytes = message.key_bytes();
  if (message.updated_at_offset() != 0) schema.updated_at_offset = message.updated_at_offset();
  schema.kind = static_cast<StateKind>(message.kind());
  ASSIGN_OR_RETURN(schema.rows, FromProto(message.rows()));
  schema.rows_offset = message.rows_offset();
  schema.broadcast = message.broadcast();
  for (const proto::StateKeyField& from : message.keys()) {
    StateSchema::KeyField& key = schema.keys.emplace_back();
    key.name = from.name();
    ASSIGN_OR_RETURN(key.type, FromProto(from.type()));
    key.offset = from.offset();
    if (from.null_offset() != 0) key.null_offset = from.null_offset();
  }
  for (const proto::StateAccumulator& from : message.accumulators()) {
    ASSIGN_OR_RETURN(StateSchema::Accumulator accumulator, ReadAccumulator(from));
    schema.accumulators.push_back(std::move(accumulator));
  }
  if (message.window_size() != 0) {
    if (message.window_kind() > static_cast<uint32_t>(WindowKind::kSession)) {
      return Corrupt("a window of a kind that is not known");
    }
    stored.window = WindowLayout{message.window_size(),
                                 message.window_slide(),
                                 message.window_slice(),
                                 message.window_offset(),
                                 message.lateness(),
                                 static_cast<WindowKind>(message.window_kind()),
                                 message.window_processing_time(),
                                 message.window_each_row(),
                                 message.window_early(),
                                 message.window_late_updates(),
                                 message.window_takes_back()};
    if (stored.window->size_micros < 0 || stored.window->slide_micros <= 0 ||
        stored.window->slice_micros <= 0) {
      return Corrupt("a window of no size");
    }
  }
  return stored;
}

}  // namespace flinkc
