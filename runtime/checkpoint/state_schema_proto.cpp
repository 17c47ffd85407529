#include "runtime/checkpoint/state_schema_proto.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/abi/keyed_table.h"
#include "runtime/abi/state_heap.h"
#include "runtime/data/type_proto.h"

namespace flinkc {

namespace {

constexpr uint32_t kRowBytesMax = 1 << 20;

std::unexpected<Error> Corrupt(std::string message) {
  return MakeError(ErrorCode::kCorrupt, "the schema of a state: " + std::move(message));
}

// Which bytes of a row are spoken for.
class RowMap {
 public:
  RowMap(uint32_t begin, uint32_t end) : begin_(begin), end_(end) {}

  bool Take(uint32_t offset, uint32_t bytes) {
    if (offset < begin_ || bytes > end_ || offset > end_ - bytes) return false;
    for (const auto& [from, to] : taken_) {
      if (offset < to && from < offset + bytes) return false;
    }
    taken_.emplace_back(offset, offset + bytes);
    return true;
  }

 private:
  const uint32_t begin_;
  const uint32_t end_;
  std::vector<std::pair<uint32_t, uint32_t>> taken_;
};

Status ReadAccumulator(const proto::StateAccumulator& from, RowMap& map,
                       StateSchema::Accumulator* to) {
  to->name = from.name();
  to->call = from.call();
  to->kind = from.kind();
  to->input = from.input();
  for (const proto::DataType& type : from.argument_types()) {
    ASSIGN_OR_RETURN(DataType argument, FromProto(type));
    to->argument_types.push_back(std::move(argument));
  }
  ASSIGN_OR_RETURN(to->result_type, FromProto(from.result_type()));
  to->offset = from.offset();
  to->bytes = from.bytes();
  if (!map.Take(to->offset, to->bytes)) {
    return Corrupt(fmt::format("`{}` does not fit into its row", to->name));
  }
  if (from.distinct_offset() != 0) to->distinct_offset = from.distinct_offset();
  RowMap inside(to->offset, to->offset + to->bytes);
  for (const uint32_t offset : from.blob_offsets()) {
    const bool is_distinct_set = to->distinct_offset == offset;
    RowMap& place = is_distinct_set ? map : inside;
    if (offset % alignof(StateBlob) != 0 || !place.Take(offset, sizeof(StateBlob))) {
      return Corrupt(fmt::format("a blob of `{}` does not fit into it", to->name));
    }
    to->blob_offsets.push_back(offset);
  }
  if (to->distinct_offset &&
      std::ranges::find(to->blob_offsets, *to->distinct_offset) == to->blob_offsets.end()) {
    return Corrupt(fmt::format("`{}` has no blob for its distinct values", to->name));
  }
  return {};
}

}  // namespace

proto::StateSchema ToProto(const StateSchema& schema, const std::optional<WindowLayout>& window) {
  proto::StateSchema message;
  message.set_row_bytes(schema.row_bytes);
  message.set_key_bytes(schema.key_bytes);
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
  }
  return message;
}

Result<StoredStateSchema> FromProto(const proto::StateSchema& message) {
  StoredStateSchema stored;
  StateSchema& schema = stored.schema;
  schema.row_bytes = message.row_bytes();
  schema.key_bytes = message.key_bytes();
  const uint32_t accumulators_begin = KeyedTable::kHashBytes + schema.key_bytes;
  if (schema.row_bytes > kRowBytesMax || schema.key_bytes > kRowBytesMax ||
      accumulators_begin > schema.row_bytes) {
    return Corrupt(
        fmt::format("a row of {} bytes with a key of {}", schema.row_bytes, schema.key_bytes));
  }
  RowMap keys(KeyedTable::kHashBytes, accumulators_begin);
  for (const proto::StateKeyField& from : message.keys()) {
    StateSchema::KeyField& key = schema.keys.emplace_back();
    key.name = from.name();
    ASSIGN_OR_RETURN(key.type, FromProto(from.type()));
    key.offset = from.offset();
    if (from.null_offset() != 0) key.null_offset = from.null_offset();
    if (!keys.Take(key.offset, ByteWidth(key.type.physical())) ||
        (key.null_offset && !keys.Take(*key.null_offset, 1))) {
      return Corrupt(fmt::format("the key `{}` does not fit into its row", key.name));
    }
  }
  RowMap values(accumulators_begin, schema.row_bytes);
  for (const proto::StateAccumulator& from : message.accumulators()) {
    RETURN_IF_ERROR(ReadAccumulator(from, values, &schema.accumulators.emplace_back()));
  }
  if (message.window_size() != 0) {
    stored.window =
        WindowLayout{message.window_size(), message.window_slide(), message.window_slice(),
                     message.window_offset(), message.lateness()};
    if (stored.window->size_micros < 0 || stored.window->slide_micros <= 0 ||
        stored.window->slice_micros <= 0) {
      return Corrupt("a window of no size");
    }
  }
  return stored;
}

}  // namespace flinkc
