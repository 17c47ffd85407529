#include "tools/state/state_summary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "runtime/data/text_writer.h"
#include "runtime/data/type_proto.h"
#include "runtime/graph/window_layout.h"
#include "runtime/state/snapshot_reader.h"
#include "stdlib-operators/connectors/sealed_unit.h"

namespace flinkc {

namespace {

std::string Hex(std::string_view bytes) {
  std::string text = "0x";
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return text;
}

bool IsPrintable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// A version byte and numbers of eight bytes is what all our sources write (source_position.h).
std::string PositionText(std::string_view bytes) {
  if (bytes.empty()) return "at the start";
  if (bytes.size() % 8 != 1) return Hex(bytes);
  std::vector<uint64_t> numbers;
  for (size_t at = 1; at < bytes.size(); at += 8) {
    uint64_t number = 0;
    for (size_t i = 0; i < 8; ++i) {
      number |= uint64_t{static_cast<uint8_t>(bytes[at + i])} << (8 * i);
    }
    numbers.push_back(number);
  }
  return fmt::format("{}", fmt::join(numbers, ", "));
}

SplitSummary Summarize(const proto::SplitState& split, bool assigned) {
  const bool printable = !split.id().empty() && IsPrintable(split.id());
  return {printable ? split.id() : Hex(split.id()), PositionText(split.position()), assigned};
}

void AddState(const proto::SubtaskSnapshot& subtask, const proto::StateSnapshot& state,
              StateSummary* summary) {
  if (summary->subtasks++ == 0) {
    summary->id = state.state_id();
    summary->schema = state.schema();
  }
  summary->key_group_first = std::min(summary->key_group_first, subtask.key_group_first());
  summary->key_group_last = std::max(summary->key_group_last, subtask.key_group_last());
  for (const proto::TableSnapshotHandle& table : state.tables()) {
    ++summary->slices;
    summary->rows_known &= !table.in_store();
    summary->segments += static_cast<uint64_t>(table.segments().length_size());
    for (const uint64_t rows : table.segments().rows()) summary->rows += rows;
    for (const uint64_t length : table.segments().length()) summary->bytes += length;
  }
}

void AddSealed(const proto::SealedOutput& output, SealedSummary* summary) {
  summary->sink = output.sink();
  ++summary->units;
  summary->texts.push_back(IsPrintable(output.unit()) ? output.unit() : Hex(output.unit()));
  const Result<SealedUnit> unit = DecodeSealedUnit(output.unit());
  if (!unit) return;
  summary->files += unit->files.size();
  for (const SealedFile& file : unit->files) {
    summary->bytes += static_cast<uint64_t>(std::max<int64_t>(file.size_bytes, 0));
  }
}

void AddInFlight(const proto::InFlight& stored, InFlightSummary* summary) {
  ++summary->subtasks;
  summary->bytes += stored.length();
  for (const proto::InFlight::Channel& channel : stored.channels()) {
    summary->elements += channel.elements();
  }
}

std::string DurationText(int64_t micros) {
  std::string text;
  AppendIntervalMicros(text, micros);
  return text.starts_with("+0 ") ? text.substr(3) : text;
}

}  // namespace

CheckpointSummary CheckpointSummary::Of(const proto::CheckpointMetadata& metadata) {
  CheckpointSummary summary;
  std::map<std::string, StateSummary> states;
  std::map<std::string, SealedSummary> sealed;
  for (const proto::VertexSnapshot& vertex : metadata.vertices()) {
    SourceSummary source{vertex.source(), {}};
    InFlightSummary in_flight{.vertex = vertex.name()};
    for (const proto::SubtaskSnapshot& subtask : vertex.subtasks()) {
      ++summary.subtasks;
      summary.finished += subtask.finished() ? 1 : 0;
      for (const auto& state : subtask.states()) {
        AddState(subtask, state, &states[state.state_id()]);
      }
      for (const auto& file : subtask.store().files()) summary.state_bytes += file.length();
      if (subtask.has_in_flight()) AddInFlight(subtask.in_flight(), &in_flight);
      for (const auto& output : subtask.sealed()) AddSealed(output, &sealed[output.sink()]);
      for (const auto& split : subtask.splits()) source.splits.push_back(Summarize(split, true));
    }
    for (const auto& split : vertex.unassigned_splits()) {
      source.splits.push_back(Summarize(split, false));
    }
    std::ranges::sort(source.splits, {}, &SplitSummary::id);
    if (!source.name.empty()) summary.sources.push_back(std::move(source));
    if (in_flight.subtasks != 0) summary.in_flight.push_back(std::move(in_flight));
  }
  for (auto& [id, state] : states) {
    summary.rows += state.rows;
    summary.rows_known &= state.rows_known;
    summary.state_bytes += state.bytes;
    summary.states.push_back(std::move(state));
  }
  for (auto& [sink, output] : sealed) summary.sealed.push_back(std::move(output));
  for (const proto::CheckpointMetadata::File& file : metadata.files()) {
    summary.file_bytes += file.size_bytes();
    summary.earlier_files += file.created_by() < metadata.checkpoint_id() ? 1 : 0;
  }
  return summary;
}

Result<CheckpointSummary> CheckpointSummary::Of(const CheckpointAtPath& checkpoint) {
  CheckpointSummary summary = Of(checkpoint.metadata);
  if (summary.rows_known) return summary;
  for (StateSummary& state : summary.states) state.rows_known = true;
  for (const proto::VertexSnapshot& vertex : checkpoint.metadata.vertices()) {
    for (const proto::SubtaskSnapshot& subtask : vertex.subtasks()) {
      ASSIGN_OR_RETURN(const auto sizes, MeasureStored(subtask, checkpoint.root));
      for (const auto& [id, size] : sizes) {
        const auto state = std::ranges::find(summary.states, id, &StateSummary::id);
        if (state == summary.states.end()) continue;
        state->bytes += size.bytes;
        state->rows += size.rows.value_or(0);
        state->rows_known &= size.rows.has_value();
      }
    }
  }
  summary.rows = 0;
  summary.rows_known = true;
  for (const StateSummary& state : summary.states) {
    summary.rows += state.rows;
    summary.rows_known &= state.rows_known;
  }
  return summary;
}

std::string TimeText(int64_t millis) {
  // Beyond it a TIMESTAMP has no text.
  constexpr int64_t kMillisMax = int64_t{1} << 47;
  if (millis < -kMillisMax || millis > kMillisMax) return fmt::format("{} ms since 1970", millis);
  std::string text;
  AppendTimestamp(text, millis * 1000, 3);
  return text + " UTC";
}

std::string WindowText(const proto::StateSchema& schema) {
  if (schema.window_size() == 0) return "";
  const std::string size = DurationText(schema.window_size());
  const std::string slide = DurationText(schema.window_slide());
  const auto kind = static_cast<WindowKind>(schema.window_kind());
  std::string text = kind == WindowKind::kSession    ? "session gap " + size
                     : kind == WindowKind::kCumulate ? "cumulate " + size + " step " + slide
                     : schema.window_size() == schema.window_slide()
                         ? "tumble " + size
                         : "hop " + size + " every " + slide;
  if (schema.window_processing_time()) text += ", on processing time";
  if (schema.window_offset() != 0) text += ", offset " + DurationText(schema.window_offset());
  if (schema.lateness() != 0) text += ", lateness " + DurationText(schema.lateness());
  return text;
}

std::string KeysText(const proto::StateSchema& schema) {
  std::vector<std::string> keys;
  for (const proto::StateKeyField& key : schema.keys()) {
    const Result<DataType> type = FromProto(key.type());
    keys.push_back(fmt::format("{} {}", key.name(), type ? type->ToString() : "?"));
  }
  return fmt::format("{}", fmt::join(keys, ", "));
}

}  // namespace flinkc
