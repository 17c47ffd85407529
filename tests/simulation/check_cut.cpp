// I4: the state of a complete checkpoint against the records before its positions.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "runtime/exchange/element_codec.h"
#include "runtime/state/state_reader.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/toy_job.h"

namespace flinkc {

namespace {

class DiskSegments final : public SegmentSource {
 public:
  DiskSegments(const SimulatedFileSystem& disk, std::string root)
      : disk_(disk), root_(std::move(root)) {}

  Result<std::string> Read(const std::string& file, uint64_t offset, uint64_t length) override {
    const std::optional<std::string> bytes = disk_.Peek(root_ + file);
    if (!bytes) return MakeError(ErrorCode::kNotFound, file + " is not there");
    if (offset > bytes->size() || length > bytes->size() - offset) {
      return MakeError(ErrorCode::kCorrupt, file + " is too short");
    }
    return bytes->substr(offset, length);
  }

 private:
  const SimulatedFileSystem& disk_;
  const std::string root_;
};

int64_t NumberAt(const char* row, size_t offset) {
  int64_t number;
  std::memcpy(&number, row + offset, sizeof(number));
  return number;
}

// Who owned the keys, and whether their state went with a finished subtask.
struct Owners {
  const proto::VertexSnapshot* vertex = nullptr;
  uint32_t max_parallelism = 1;

  int Of(int64_t key) const {
    const uint64_t group = (HashInteger(key) >> 32) * max_parallelism >> 32;
    return static_cast<int>(group * vertex->parallelism() / max_parallelism);
  }
  bool HasState(int64_t key) const { return !vertex->subtasks(Of(key)).finished(); }
};

}  // namespace

void Invariants::CheckCut(const proto::CheckpointMetadata& metadata, const std::string& root) {
  std::vector<int64_t> positions;
  for (const std::vector<Record>& records : workload_.splits) {
    positions.push_back(static_cast<int64_t>(records.size()));
  }
  std::set<int64_t> seen;
  const auto take = [&](const proto::SplitState& split) {
    const int64_t number = std::stoll(split.payload());
    positions[static_cast<size_t>(number)] =
        split.position().empty() ? 0 : std::stoll(split.position());
    if (!seen.insert(number).second) {
      Violate(fmt::format("I4: checkpoint {} has the split {} twice", metadata.checkpoint_id(),
                          number));
    }
  };
  for (const proto::VertexSnapshot& vertex : metadata.vertices()) {
    for (const proto::SplitState& split : vertex.unassigned_splits()) take(split);
    for (const proto::SubtaskSnapshot& subtask : vertex.subtasks()) {
      for (const proto::SplitState& split : subtask.splits()) take(split);
    }
  }
  for (const proto::VertexSnapshot& vertex : metadata.vertices()) {
    if (vertex.name().contains("aggregate")) CheckStates(metadata, root, vertex, positions);
  }
}

// Of the records that had not reached the states yet.
Status Invariants::ReadInFlightOf(const proto::VertexSnapshot& vertex, const std::string& root,
                                  std::set<std::pair<int64_t, int64_t>>* records) {
  BatchReader batches(ToySchema(), false, true, nullptr);
  for (const proto::SubtaskSnapshot& subtask : vertex.subtasks()) {
    if (!subtask.has_in_flight()) continue;
    const proto::InFlight& stored = subtask.in_flight();
    DiskSegments files(disk_, root);
    ASSIGN_OR_RETURN(const std::string bytes, files.Read(stored.file(), 0, stored.length()));
    for (size_t at = 0; at < bytes.size();) {
      uint32_t length;
      std::memcpy(&length, bytes.data() + at, sizeof(length));
      const std::string_view frame = std::string_view(bytes).substr(at + sizeof(length), length);
      at += sizeof(length) + length;
      ASSIGN_OR_RETURN(const FrameHeader header, ReadFrameHeader(frame));
      ASSIGN_OR_RETURN(const StreamElement element, ReadElement(header, frame, batches));
      if (element.kind != ElementKind::kBatch) continue;
      for (int32_t row = 0; row < element.batch->row_count(); ++row) {
        records->emplace(element.batch->Values<int64_t>(0)[row],
                         element.batch->Values<int64_t>(1)[row]);
      }
    }
  }
  return {};
}

void Invariants::CheckStates(const proto::CheckpointMetadata& metadata, const std::string& root,
                             const proto::VertexSnapshot& vertex,
                             const std::vector<int64_t>& positions) {
  const uint64_t id = metadata.checkpoint_id();
  const Owners owners{&vertex, metadata.max_parallelism()};
  // The fold of the records before the positions.
  std::map<std::pair<int64_t, int64_t>, std::pair<int64_t, int64_t>> counts;  // key, split
  std::map<std::pair<int64_t, int64_t>, int64_t> windows;                     // slice end, key
  std::set<std::pair<int64_t, int64_t>> in_flight;                            // split, record
  if (Status read = ReadInFlightOf(vertex, root, &in_flight); !read) {
    return Violate(fmt::format("I7: in flight in checkpoint {}: {}", id, read.error().message));
  }
  const WindowLayout& window = workload_.window;
  for (size_t split = 0; split < workload_.apart_from; ++split) {
    for (int64_t n = 0; n < positions[split]; ++n) {
      const Record& record = workload_.splits[split][static_cast<size_t>(n)];
      if (!record.kept || !owners.HasState(record.key)) continue;
      if (in_flight.contains({static_cast<int64_t>(split), n})) continue;
      counts[{record.key, static_cast<int64_t>(split)}] = {record.ordinal, n};
      ++windows[{(record.time / window.slice_micros + 1) * window.slice_micros, record.key}];
    }
  }
  const std::vector<StateLayout> layouts = ToyStates(workload_);
  DiskSegments segments(disk_, root);
  const KeyGroupRange all{0, metadata.max_parallelism() - 1, metadata.max_parallelism()};
  std::map<int, int64_t> fired_ends;  // by subtask
  for (int i = 0; i < vertex.subtasks_size(); ++i) {
    for (const proto::StateSnapshot& stored : vertex.subtasks(i).states()) {
      const auto layout = std::ranges::find(layouts, stored.state_id(), &StateLayout::state_id);
      OperatorState state(*layout, nullptr);
      if (Status restored = RestoreState(stored, all, &segments, &state); !restored) {
        return Violate(fmt::format("I7: {} of checkpoint {}: {}", stored.state_id(), id,
                                   restored.error().message));
      }
      if (stored.state_id() == kWindowState) fired_ends[i] = stored.fired_end();
      const auto for_each_row = [&](const KeyedTable& table, int64_t slice_end) {
        for (uint64_t i = 0; i < table.row_count; ++i) {
          const char* row = table.Row(i);
          const int64_t key = NumberAt(row, 8);
          if (stored.state_id() == kCountState) {
            const auto wanted = counts.find({key, NumberAt(row, 16)});
            if (wanted == counts.end() ||
                wanted->second != std::pair(NumberAt(row, 24), NumberAt(row, 32))) {
              return Violate(
                  fmt::format("I4: checkpoint {} counts {} records of key {} up to "
                              "record {} of split {}, {} were before its position {}",
                              id, NumberAt(row, 24), key, NumberAt(row, 32), NumberAt(row, 16),
                              wanted == counts.end() ? 0 : wanted->second.first,
                              positions[static_cast<size_t>(NumberAt(row, 16))]));
            }
            counts.erase(wanted);
          } else if (stored.state_id() == kWindowState) {
            const auto wanted = windows.find({slice_end, key});
            if (wanted == windows.end() || wanted->second != NumberAt(row, 16)) {
              return Violate(
                  fmt::format("I4, I12: checkpoint {} counts {} records of key {} in "
                              "the slice up to {}, {} were before its positions",
                              id, NumberAt(row, 16), key, slice_end,
                              wanted == windows.end() ? 0 : wanted->second));
            }
            windows.erase(wanted);
          }
        }
      };
      if (state.windows() == nullptr) {
        for_each_row(*state.table(), 0);
      } else {
        for (const auto& [slice, table] : state.windows()->tables()) {
          for_each_row(*table, slice.slice_end);
        }
      }
    }
  }
  if (!counts.empty()) {
    const auto& [key, split] = counts.begin()->first;
    Violate(fmt::format("I4: checkpoint {} has no count of key {} of split {}", id, key, split));
  }
  // What every window has shown is gone.
  std::erase_if(windows, [&](const auto& entry) {
    const auto& [slice_end, key] = entry.first;
    const auto fired_end = fired_ends.find(owners.Of(key));
    return fired_end == fired_ends.end() ||
           slice_end - window.slice_micros + window.size_micros <= fired_end->second;
  });
  if (!windows.empty()) {
    const auto& [slice_end, key] = windows.begin()->first;
    Violate(fmt::format("I4, I12: checkpoint {} has no count of key {} in the slice up to {}", id,
                        key, slice_end));
  }
}

}  // namespace flinkc
