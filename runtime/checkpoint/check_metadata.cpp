#include "runtime/checkpoint/check_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/abi/keyed_table.h"
#include "runtime/abi/state_heap.h"
#include "runtime/checkpoint/checkpoint_paths.h"
#include "runtime/checkpoint/metadata.h"
#include "runtime/checkpoint/segment_handles.h"
#include "runtime/data/type_proto.h"
#include "runtime/graph/job_graph.h"
#include "runtime/graph/state_schema.h"

namespace flinkc {

namespace {

constexpr uint32_t kRowBytesMax = 1 << 24;
// As the bound of a JobGraph.
constexpr uint32_t kMaxParallelismLimit = 32768;
constexpr size_t kStateIdBytesMax = 4096;

std::unexpected<Error> Wrong(std::string message) {
  return MakeError(ErrorCode::kCorrupt, std::move(message));
}

// The bytes [begin, end) of a row and whose they are.
struct Place {
  uint64_t begin = 0;
  uint64_t end = 0;
  std::string owner;
};

Status CheckPlaces(std::vector<Place> places, uint64_t begin, uint64_t end) {
  std::erase_if(places, [](const Place& place) { return place.begin == place.end; });
  std::ranges::sort(places, {}, [](const Place& place) { return place.begin; });
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i].begin < begin || places[i].end > end) {
      return Wrong(fmt::format("{} takes the bytes {} to {} of a row, of {} to {}", places[i].owner,
                               places[i].begin, places[i].end, begin, end));
    }
    if (i > 0 && places[i].begin < places[i - 1].end) {
      return Wrong(fmt::format("{} and {} lie over each other in the row", places[i - 1].owner,
                               places[i].owner));
    }
  }
  return {};
}

Status CheckKeys(const proto::StateSchema& schema) {
  std::vector<Place> places;
  for (const proto::StateKeyField& key : schema.keys()) {
    const std::string owner = fmt::format("the key `{}`", key.name());
    ASSIGN_OR_RETURN(const DataType type, FromProto(key.type()));
    const uint64_t width = ByteWidth(type.physical());
    if (key.offset() % std::min<uint64_t>(width, 8) != 0) {
      return Wrong(fmt::format("{} stands unaligned at byte {}", owner, key.offset()));
    }
    places.push_back({key.offset(), key.offset() + width, owner});
    if (type.nullable() != (key.null_offset() != 0)) {
      return Wrong(fmt::format("{} is {} and has {} byte for NULL", owner, type.ToString(),
                               key.null_offset() != 0 ? "a" : "no"));
    }
    if (key.null_offset() != 0) {
      const uint64_t null_byte = key.null_offset();
      places.push_back({null_byte, null_byte + 1, "the NULL of " + owner});
    }
  }
  return CheckPlaces(std::move(places), KeyedTable::kHashBytes,
                     KeyedTable::kHashBytes + schema.key_bytes());
}

Status CheckAccumulators(const proto::StateSchema& schema) {
  std::vector<Place> places;
  for (const proto::StateAccumulator& accumulator : schema.accumulators()) {
    const std::string owner = fmt::format("the aggregate `{}`", accumulator.name());
    for (const proto::DataType& type : accumulator.argument_types()) {
      RETURN_IF_ERROR(FromProto(type));
    }
    RETURN_IF_ERROR(FromProto(accumulator.result_type()));
    const uint64_t begin = accumulator.offset();
    const uint64_t end = begin + accumulator.bytes();
    places.push_back({begin, end, owner});
    bool distinct_listed = accumulator.distinct_offset() == 0;
    std::vector<Place> blobs;
    for (const uint64_t blob : accumulator.blob_offsets()) {
      const uint64_t blob_end = blob + sizeof(StateBlob);
      if (blob % alignof(StateBlob) != 0) {
        return Wrong(fmt::format("{} has a blob unaligned at byte {}", owner, blob));
      }
      const bool is_distinct = blob == accumulator.distinct_offset();
      distinct_listed |= is_distinct;
      blobs.push_back({blob, blob_end, "a blob of " + owner});
      if (blob >= begin && blob_end <= end) continue;
      if (!is_distinct) {
        return Wrong(fmt::format("{} has a blob at byte {}, outside of itself", owner, blob));
      }
      // The distinct set stands beside the accumulator, not in it.
      places.push_back({blob, blob_end, "the distinct set of " + owner});
    }
    if (!distinct_listed) return Wrong(fmt::format("{} does not list its distinct set", owner));
    RETURN_IF_ERROR(CheckPlaces(std::move(blobs), 0, schema.row_bytes()));
  }
  if (schema.kind() > static_cast<uint32_t>(StateKind::kTimers)) {
    return Wrong(fmt::format("a state of the unknown kind {}", schema.kind()));
  }
  const auto kind = static_cast<StateKind>(schema.kind());
  const bool has_rows = kind == StateKind::kList || kind == StateKind::kMultiset;
  if (kind != StateKind::kAggregate && schema.accumulators_size() > 0) {
    return Wrong("accumulators in a state that keeps rows or timers");
  }
  if (has_rows != (schema.rows_offset() != 0) || has_rows != (schema.rows().fields_size() > 0)) {
    return Wrong("a list of rows without columns, or columns without a list");
  }
  if (const uint64_t offset = schema.rows_offset()) {
    if (offset % alignof(StateBlob) != 0) {
      return Wrong(fmt::format("the rows stand unaligned at byte {}", offset));
    }
    places.push_back({offset, offset + sizeof(StateBlob), "the rows"});
  }
  if (const uint64_t offset = schema.updated_at_offset()) {
    places.push_back({offset, offset + sizeof(int64_t), "the time of the last update"});
  }
  return CheckPlaces(std::move(places), uint64_t{KeyedTable::kHashBytes} + schema.key_bytes(),
                     schema.row_bytes());
}

class MetadataChecker {
 public:
  explicit MetadataChecker(const proto::CheckpointMetadata& metadata) : metadata_(metadata) {}

  Status Run() {
    if (metadata_.checkpoint_id() == 0) return Wrong("checkpoint ids begin with 1");
    if (metadata_.max_parallelism() == 0 || metadata_.max_parallelism() > kMaxParallelismLimit) {
      return Wrong(fmt::format("a max_parallelism of {}", metadata_.max_parallelism()));
    }
    RETURN_IF_ERROR(TakeFiles());
    std::set<std::string> names;
    for (const proto::VertexSnapshot& vertex : metadata_.vertices()) {
      if (vertex.name().empty() || !names.insert(vertex.name()).second) {
        return Wrong(fmt::format("two vertices, or one without a name: `{}`", vertex.name()));
      }
      if (Status status = CheckVertex(vertex); !status) {
        return std::unexpected(
            std::move(status).error().WithContext(fmt::format("vertex `{}`", vertex.name())));
      }
    }
    for (const auto& [path, file] : files_) {
      if (!file.used) return Wrong(fmt::format("the file {} is listed and not referred to", path));
    }
    return {};
  }

 private:
  struct File {
    uint64_t size_bytes = 0;
    bool used = false;
  };

  Status TakeFiles() {
    for (const proto::CheckpointMetadata::File& file : metadata_.files()) {
      if (!IsSafeRelativePath(file.path())) {
        return Wrong(fmt::format("the path of a file leads out of the checkpoint's directory: `{}`",
                                 file.path()));
      }
      if (!files_.emplace(file.path(), File{file.size_bytes()}).second) {
        return Wrong(fmt::format("the file {} is listed twice", file.path()));
      }
      if (file.created_by() > metadata_.checkpoint_id() || file.created_by() == 0) {
        return Wrong(
            fmt::format("the file {} comes from checkpoint {}", file.path(), file.created_by()));
      }
    }
    return {};
  }

  Status CheckVertex(const proto::VertexSnapshot& vertex) {
    if (vertex.parallelism() == 0 || vertex.parallelism() > metadata_.max_parallelism() ||
        static_cast<uint32_t>(vertex.subtasks_size()) != vertex.parallelism()) {
      return Wrong(fmt::format("a parallelism of {} (of at most {}) and {} subtasks",
                               vertex.parallelism(), metadata_.max_parallelism(),
                               vertex.subtasks_size()));
    }
    int64_t key_group_last = -1;
    for (int i = 0; i < vertex.subtasks_size(); ++i) {
      const proto::SubtaskSnapshot& subtask = vertex.subtasks(i);
      if (Status status = CheckSubtask(subtask, &key_group_last); !status) {
        return std::unexpected(std::move(status).error().WithContext(fmt::format("subtask {}", i)));
      }
    }
    return {};
  }

  Status CheckSubtask(const proto::SubtaskSnapshot& subtask, int64_t* key_group_last) {
    const uint32_t first = subtask.key_group_first(), last = subtask.key_group_last();
    if (first > last || last >= metadata_.max_parallelism()) {
      return Wrong(
          fmt::format("the key groups {} to {} of {}", first, last, metadata_.max_parallelism()));
    }
    if (subtask.states_size() > 0) {
      if (static_cast<int64_t>(first) <= *key_group_last) {
        return Wrong(fmt::format("key group {} belongs to two subtasks", first));
      }
      *key_group_last = last;
    }
    std::set<std::string> ids;
    for (const proto::StateSnapshot& state : subtask.states()) {
      RETURN_IF_ERROR(CheckId(state.state_id(), &ids));
      if (Status status = CheckState(state); !status) {
        return std::unexpected(
            std::move(status).error().WithContext(fmt::format("state `{}`", state.state_id())));
      }
    }
    RETURN_IF_ERROR(CheckStore(subtask));
    if (subtask.has_in_flight()) RETURN_IF_ERROR(CheckInFlight(subtask.in_flight()));
    for (const proto::ItemState& state : subtask.item_states()) {
      RETURN_IF_ERROR(CheckId(state.state_id(), &ids));
    }
    for (const proto::SealedOutput& sealed : subtask.sealed()) {
      if (sealed.sink().empty()) return Wrong("output without the name of its sink");
    }
    return {};
  }

  Status CheckInFlight(const proto::InFlight& in_flight) {
    const auto file = files_.find(in_flight.file());
    if (file == files_.end()) {
      return Wrong(fmt::format("rows in flight lie in `{}`, which is not among the files",
                               in_flight.file().substr(0, 200)));
    }
    file->second.used = true;
    if (in_flight.length() != file->second.size_bytes) {
      return Wrong(fmt::format("rows in flight take {} bytes of {}, which has {}",
                               in_flight.length(), in_flight.file(), file->second.size_bytes));
    }
    for (const proto::InFlight::Channel& channel : in_flight.channels()) {
      if (channel.partitioning() > static_cast<uint32_t>(Partitioning::kRebalance)) {
        return Wrong(fmt::format("rows in flight over an edge of kind {}", channel.partitioning()));
      }
    }
    return {};
  }

  // The files make one database, and each state in it has a number of its own.
  Status CheckStore(const proto::SubtaskSnapshot& subtask) {
    std::set<std::string> names;
    for (const proto::StoreHandle::File& entry : subtask.store().files()) {
      const bool is_known = entry.name() == "CURRENT" || entry.name().starts_with("MANIFEST-") ||
                            entry.name().ends_with(".sst");
      if (!is_known || entry.name().size() > kStateIdBytesMax ||
          entry.name().find('/') != std::string::npos || !names.insert(entry.name()).second) {
        return Wrong(fmt::format("a database with a file `{}`", entry.name().substr(0, 200)));
      }
      const auto file = files_.find(entry.file());
      if (file == files_.end()) {
        return Wrong(fmt::format("{} of a database lies in `{}`, which is not among the files",
                                 entry.name(), entry.file().substr(0, 200)));
      }
      file->second.used = true;
      if (entry.length() != file->second.size_bytes) {
        return Wrong(fmt::format("{} has {} bytes, and {} of a database {}", entry.file(),
                                 file->second.size_bytes, entry.name(), entry.length()));
      }
    }
    std::set<uint32_t> numbers;
    for (const proto::StateSnapshot& state : subtask.states()) {
      bool in_store = false;
      for (const proto::TableSnapshotHandle& table : state.tables()) in_store |= table.in_store();
      if (!in_store) continue;
      if (!names.contains("CURRENT")) {
        return Wrong(
            fmt::format("state `{}` is in a database that is not there", state.state_id()));
      }
      if (state.store_number() > UINT16_MAX || !numbers.insert(state.store_number()).second) {
        return Wrong(fmt::format("state `{}` has the number {} in the database, as another",
                                 state.state_id(), state.store_number()));
      }
    }
    return {};
  }

  static Status CheckId(const std::string& id, std::set<std::string>* ids) {
    if (id.empty() || id.size() > kStateIdBytesMax || !ids->insert(id).second) {
      return Wrong(fmt::format("two states, or one without an id: `{}`", id.substr(0, 200)));
    }
    return {};
  }

  Status CheckState(const proto::StateSnapshot& state) {
    RETURN_IF_ERROR(CheckStateSchema(state.schema()));
    RETURN_IF_ERROR(CheckSegments(state));
    const uint64_t row_bytes = state.schema().row_bytes();
    std::vector<uint64_t> sizes;
    for (const std::string& path : state.segment_files()) {
      const auto file = files_.find(path);
      if (file == files_.end()) {
        return Wrong(fmt::format("a segment lies in `{}`, which is not among the files",
                                 path.substr(0, 200)));
      }
      file->second.used = true;
      sizes.push_back(file->second.size_bytes);
    }
    for (const proto::TableSnapshotHandle& table : state.tables()) {
      for (int i = 0; i < SegmentCount(table); ++i) {
        const SegmentHandle segment = SegmentAt(state, table, i);
        const uint64_t size = sizes[table.segments().file(i)];
        if (segment.offset > size || segment.length > size - segment.offset) {
          return Wrong(fmt::format("a segment takes {} bytes at {} of {}, which has {}",
                                   segment.length, segment.offset, segment.file, size));
        }
        if (segment.rows > segment.length / row_bytes) {
          return Wrong(fmt::format("a segment of {} bytes holds {} rows of {} bytes",
                                   segment.length, segment.rows, row_bytes));
        }
      }
    }
    return {};
  }

  const proto::CheckpointMetadata& metadata_;
  std::unordered_map<std::string, File> files_;
};

}  // namespace

Status CheckStateSchema(const proto::StateSchema& schema) {
  if (schema.row_bytes() < KeyedTable::kHashBytes || schema.row_bytes() > kRowBytesMax ||
      schema.row_bytes() % 8 != 0 ||
      schema.key_bytes() > schema.row_bytes() - KeyedTable::kHashBytes) {
    return Wrong(
        fmt::format("rows of {} bytes with a key of {}", schema.row_bytes(), schema.key_bytes()));
  }
  RETURN_IF_ERROR(CheckKeys(schema));
  return CheckAccumulators(schema);
}

Status CheckMetadata(const proto::CheckpointMetadata& metadata) {
  return MetadataChecker(metadata).Run();
}

}  // namespace flinkc
