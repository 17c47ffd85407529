#include "tools/state/state_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "compiler/diagnostics/diagnostic.h"
#include "runtime/abi/string_value.h"
#include "runtime/checkpoint/state_schema_proto.h"
#include "runtime/data/nested_check.h"
#include "runtime/data/text_writer.h"
#include "runtime/state/keyed_rows.h"
#include "runtime/state/row_codec.h"
#include "runtime/state/snapshot_reader.h"
#include "stdlib-operators/aggregates/registry.h"
#include "stdlib-operators/kernels/symbols.h"
#include "tools/state/accumulator_result.h"

namespace flinkc {

namespace {

// `value`: as it stands in a row, aligned.
std::string ValueJson(const DataType& type, const char* value) {
  std::string json;
  if (type.is_nested()) {
    StringValue view;
    std::memcpy(&view, value, sizeof(view));
    if (!IsNestedValid(type, view.view())) return fmt::format("{{\"bytes\":{}}}", view.size);
  }
  if (type.kind() == TypeKind::kBoolean && static_cast<uint8_t>(*value) > 1) return "\"?\"";
  AppendJson(json, type, value);
  return json;
}

std::string KeyJson(const StateSchema::KeyField& key, const char* row) {
  if (key.null_offset && row[*key.null_offset] != 0) return "null";
  return ValueJson(key.type, row + key.offset);
}

// One row of a list or multiset, as an object by column. `bytes` is valid.
std::string RowObjectJson(const Schema& schema, const RowCodec& codec, std::string_view bytes) {
  std::string json = "{";
  const std::vector<RowCodec::Cell> cells = codec.Cells(bytes);
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) json += ',';
    AppendJsonString(json, schema[i].name);
    json += ':';
    if (cells[i].is_null) {
      json += "null";
      continue;
    }
    alignas(16) std::array<char, 16> value{};
    if (schema[i].type.is_view()) {
      const StringValue view = MakeStringValue(cells[i].bytes);
      std::memcpy(value.data(), &view, sizeof(view));
    } else {
      std::memcpy(value.data(), cells[i].bytes.data(), cells[i].bytes.size());
    }
    json += ValueJson(schema[i].type, value.data());
  }
  return json + "}";
}

// Decodes the rows of one state.
class RowDecoder {
 public:
  RowDecoder(const proto::StateSnapshot& snapshot, const StoredStateSchema& stored,
             uint32_t max_parallelism, const FunctionRegistry& registry)
      : state_id_(snapshot.state_id()),
        schema_(stored.schema),
        windowed_(stored.window && stored.window->kind != WindowKind::kSession),
        max_parallelism_(max_parallelism),
        rows_(schema_.rows) {
    const std::vector<NativeSymbol> kernels = KernelSymbols();
    for (const StateSchema::Accumulator& accumulator : schema_.accumulators) {
      results_.emplace_back(registry, kernels, accumulator);
    }
  }
  RowDecoder(const RowDecoder&) = delete;
  RowDecoder& operator=(const RowDecoder&) = delete;

  uint32_t KeyGroupOf(const SnapshotRow& row) const {
    uint64_t hash;
    std::memcpy(&hash, row.bytes, sizeof(hash));
    return static_cast<uint32_t>((hash >> 32) * max_parallelism_ >> 32);
  }
  InspectedRow Decode(const SnapshotRow& row) const {
    InspectedRow inspected{state_id_, KeyGroupOf(row), std::nullopt, {}, {}};
    if (windowed_) inspected.slice_end = row.slice.slice_end;
    for (const StateSchema::KeyField& key : schema_.keys) {
      inspected.keys.push_back({key.name, KeyJson(key, row.bytes)});
    }
    for (size_t i = 0; i < results_.size(); ++i) {
      inspected.values.push_back({schema_.accumulators[i].call, results_[i].Json(row.bytes)});
    }
    if (schema_.rows_offset != 0) inspected.values.push_back({"rows", RowsJson(row.bytes)});
    return inspected;
  }

 private:
  // A list as an array of its rows; a multiset as one of {"count":2,"row":{…}}.
  std::string RowsJson(const char* row) const {
    StateBlob blob;
    std::memcpy(&blob, row + schema_.rows_offset, sizeof(blob));
    const std::string_view bytes(blob.data, blob.size);
    if (!AreRowsValid(schema_, bytes)) return fmt::format("{{\"bytes\":{}}}", blob.size);
    std::string json = "[";
    KeyedRow one;
    const RowsOfKey rows = RowsIn(schema_, bytes);
    for (uint32_t at = 0; rows.Next(&at, &one);) {
      if (json.size() > 1) json += ',';
      const std::string object = RowObjectJson(schema_.rows, rows_, one.bytes);
      json += schema_.kind == StateKind::kMultiset
                  ? fmt::format("{{\"count\":{},\"row\":{}}}", one.count, object)
                  : object;
    }
    return json + "]";
  }

  const std::string state_id_;
  const StateSchema schema_;
  const bool windowed_;
  const uint64_t max_parallelism_;
  const RowCodec rows_;
  std::vector<AccumulatorResult> results_;  // of schema_
};

void AppendCells(std::string& json, const std::vector<InspectedRow::Cell>& cells) {
  json += '{';
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) json += ',';
    AppendJsonString(json, cells[i].name);
    json += ':' + cells[i].json;
  }
  json += '}';
}

Status CheckOptions(const proto::CheckpointMetadata& metadata, const InspectOptions& options) {
  if (options.key_group && *options.key_group >= metadata.max_parallelism()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("there is no key group {}: the job has {}, from 0 on",
                                 *options.key_group, metadata.max_parallelism()));
  }
  if (options.state_id.empty()) return {};
  std::set<std::string_view> ids;
  for (const proto::VertexSnapshot& vertex : metadata.vertices()) {
    for (const proto::SubtaskSnapshot& subtask : vertex.subtasks()) {
      for (const proto::StateSnapshot& state : subtask.states()) ids.insert(state.state_id());
    }
  }
  if (ids.contains(options.state_id)) return {};
  const std::vector<std::string_view> names(ids.begin(), ids.end());
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("there is no state `{}`;{} {}", options.state_id,
                  SuggestText(options.state_id, names),
                  names.empty() ? "the checkpoint holds none"
                                : fmt::format("its states are {}", fmt::join(names, ", "))));
}

}  // namespace

std::string RowJson(const InspectedRow& row) {
  std::string json = "{\"state\":";
  AppendJsonString(json, row.state_id);
  json += fmt::format(",\"key_group\":{}", row.key_group);
  if (row.slice_end) {
    json += ",\"slice_end\":\"";
    AppendTimestamp(json, *row.slice_end, 3);
    json += '"';
  }
  json += ",\"key\":";
  AppendCells(json, row.keys);
  json += ",\"values\":";
  AppendCells(json, row.values);
  return json + "}";
}

Result<bool> InspectRows(FileSystem& files, const CheckpointAtPath& checkpoint,
                         const InspectOptions& options,
                         const std::function<Status(const InspectedRow&)>& visit) {
  const proto::CheckpointMetadata& metadata = checkpoint.metadata;
  RETURN_IF_ERROR(CheckOptions(metadata, options));
  FunctionRegistry registry;
  RegisterStdAggregates(registry);
  uint64_t rows = 0;
  std::set<std::string_view> everywhere;
  for (const proto::VertexSnapshot& vertex : metadata.vertices()) {
    for (const proto::SubtaskSnapshot& subtask : vertex.subtasks()) {
      const uint32_t wanted = options.key_group.value_or(subtask.key_group_first());
      if (wanted < subtask.key_group_first() || wanted > subtask.key_group_last()) continue;
      for (const proto::StateSnapshot& state : subtask.states()) {
        if (!options.state_id.empty() && state.state_id() != options.state_id) continue;
        ASSIGN_OR_RETURN(const StoredStateSchema stored, FromProto(state.schema()));
        // Each subtask has all of it.
        if (stored.schema.broadcast && !everywhere.insert(state.state_id()).second) continue;
        const RowDecoder decoder(state, stored, metadata.max_parallelism(), registry);
        ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotReader> reader,
                         OpenSnapshot(state, subtask.store(), &files, checkpoint.root));
        while (true) {
          ASSIGN_OR_RETURN(const std::optional<SnapshotRow> row, reader->Next());
          if (!row) break;
          if (options.key_group && decoder.KeyGroupOf(*row) != wanted) continue;
          if (options.limit != 0 && rows == options.limit) return true;
          ++rows;
          RETURN_IF_ERROR(visit(decoder.Decode(*row)));
        }
      }
    }
  }
  return false;
}

}  // namespace flinkc
