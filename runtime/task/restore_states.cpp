#include "runtime/task/restore_states.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "runtime/base/planted_bug.h"
#include "runtime/checkpoint/state_schema_proto.h"
#include "runtime/state/kept_store.h"
#include "runtime/state/row_translation.h"
#include "runtime/state/state_files.h"
#include "runtime/state/state_reader.h"
#include "runtime/state/stored_row.h"

namespace flinkc {

namespace {

// For reading a former subtask's database: nothing is written to it.
constexpr size_t kReadingBytes = size_t{16} << 20;

const proto::StateSnapshot* FindStored(const proto::SubtaskSnapshot& snapshot,
                                       const std::string& state_id) {
  for (const proto::StateSnapshot& stored : snapshot.states()) {
    if (stored.state_id() == state_id) return &stored;
  }
  return nullptr;
}

// Whether the state was emitted at the end of the input.
bool IsEmitted(const proto::StateSnapshot& stored, const StateLayout& layout) {
  return !layout.window && stored.fired_end() == ChainExecutor::kEmitted;
}

// The snapshot whose database can be gone on with as it is; nullptr: none.
const proto::SubtaskSnapshot* Adoptable(const SubtaskDescriptor& descriptor) {
  if (descriptor.restore == nullptr || descriptor.restore->snapshots.size() != 1) return nullptr;
  const proto::SubtaskSnapshot& snapshot = descriptor.restore->snapshots[0];
  const KeyGroupRange range =
      KeyGroupRange::Of(descriptor.subtask, descriptor.parallelism, descriptor.max_parallelism);
  if (snapshot.store().files().empty() || snapshot.key_group_first() != range.first ||
      snapshot.key_group_last() != range.last) {
    return nullptr;
  }
  for (const proto::StateSnapshot& stored : snapshot.states()) {
    const auto& states = descriptor.chain->layout().states;
    const auto wanted = std::ranges::find(states, stored.state_id(), &StateLayout::state_id);
    // A state that the job has no more would stay for ever.
    if (wanted == states.end()) return nullptr;
    const Result<StoredStateSchema> schema = FromProto(stored.schema());
    if (!schema) return nullptr;
    const Result<RowTranslation> translation = RowTranslation::Make(*schema, *wanted);
    if (!translation || !translation->is_identity()) return nullptr;
  }
  return &snapshot;
}

// Whether checkpoints may refer to files of the one that the subtask goes on from, unless they are
// told to refer to none.
bool IsReferable(const SubtaskDescriptor& descriptor) {
  return descriptor.restore->directory == descriptor.checkpoints.directory;
}

// The numbers that the states have in a database; new ones for those that are not in it.
std::vector<uint16_t> NumbersIn(const proto::SubtaskSnapshot& snapshot, const ChainLayout& layout) {
  std::set<uint32_t> used;
  for (const proto::StateSnapshot& stored : snapshot.states()) used.insert(stored.store_number());
  std::vector<uint16_t> numbers;
  uint32_t next = 0;
  for (const StateLayout& state : layout.states) {
    if (const proto::StateSnapshot* stored = FindStored(snapshot, state.state_id)) {
      numbers.push_back(static_cast<uint16_t>(stored->store_number()));
      continue;
    }
    while (used.contains(next)) ++next;
    numbers.push_back(static_cast<uint16_t>(next++));
  }
  return numbers;
}

// How far the former subtasks of a state were.
void RestoreProgress(const std::vector<proto::SubtaskSnapshot>& snapshots, size_t index,
                     ChainExecutor* executor) {
  OperatorState* const state = executor->state(index);
  std::vector<WindowProgress> former;
  bool all_emitted = true;
  for (const proto::SubtaskSnapshot& snapshot : snapshots) {
    if (const auto* stored = FindStored(snapshot, state->layout().state_id)) {
      former.push_back({stored->watermark(), stored->fired_end()});
      all_emitted &= IsEmitted(*stored, state->layout());
    }
  }
  if (Planted(PlantedBug::kGoesOnFromFurthest)) {
    std::ranges::sort(former, {}, &WindowProgress::watermark);
    former.erase(former.begin(), former.end() - std::min<ptrdiff_t>(1, std::ssize(former)));
  }
  state->RestoreProgress(former);
  if (!former.empty() && all_emitted) executor->MarkEmitted(index);
}

}  // namespace

Result<StateStart> StartStateStore(const SubtaskDescriptor& descriptor) {
  StateStart start;
  const std::shared_ptr<RocksBackend>& backend = descriptor.state_backend;
  std::shared_ptr<RowStore> rows;
  if (const proto::SubtaskSnapshot* snapshot = Adoptable(descriptor)) {
    ASSIGN_OR_RETURN(rows, OpenKeptStore(backend, snapshot->store(), descriptor.checkpoints.files,
                                         descriptor.restore->directory, /*read_only=*/false,
                                         descriptor.restore->copies.get()));
    start.store_numbers = NumbersIn(*snapshot, descriptor.chain->layout());
    start.adopted = true;
    if (IsReferable(descriptor)) {
      for (const proto::StoreHandle::File& file : snapshot->store().files()) {
        start.kept_files[file.name()] = file;
      }
    }
  } else {
    ASSIGN_OR_RETURN(rows, RocksBackend::MakeStore(backend));
  }
  start.store = std::make_unique<StateStore>(std::move(rows), backend->row_bytes_per_store(),
                                             descriptor.clock);
  return start;
}

Status RestoreStates(const SubtaskDescriptor& descriptor, bool adopted, ChainExecutor* executor) {
  KeyGroupRange range =
      KeyGroupRange::Of(descriptor.subtask, descriptor.parallelism, descriptor.max_parallelism);
  if (Planted(PlantedBug::kRestoresEveryKey)) {
    range = KeyGroupRange::Of(0, 1, descriptor.max_parallelism);
  }
  StateFileReader files(descriptor.checkpoints.files, descriptor.restore->directory,
                        IsReferable(descriptor), descriptor.restore->copies.get());
  const ChainLayout& layout = descriptor.chain->layout();
  std::shared_ptr<RocksBackend> backend = descriptor.state_backend;
  for (size_t i = 0; i < executor->state_count(); ++i) {
    RestoreProgress(descriptor.restore->snapshots, i, executor);
  }
  for (const proto::SubtaskSnapshot& snapshot : descriptor.restore->snapshots) {
    std::shared_ptr<RowStore> store;
    if (!adopted && !snapshot.store().files().empty()) {
      if (backend == nullptr) {
        ASSIGN_OR_RETURN(backend, RocksBackend::Open({"", kReadingBytes, 1}, nullptr));
      }
      ASSIGN_OR_RETURN(store, OpenKeptStore(backend, snapshot.store(), descriptor.checkpoints.files,
                                            descriptor.restore->directory, /*read_only=*/true,
                                            descriptor.restore->copies.get()));
    }
    for (size_t i = 0; i < executor->state_count(); ++i) {
      const proto::StateSnapshot* stored = FindStored(snapshot, layout.states[i].state_id);
      if (stored == nullptr) continue;
      OperatorState* const state = executor->state(i);
      // What one of several has emitted is not emitted again with what the others have.
      if (IsEmitted(*stored, layout.states[i]) && !executor->is_emitted(i)) continue;
      RETURN_IF_ERROR(adopted ? AdoptState(*stored, range, &files, state)
                              : RestoreState(*stored, range, &files, state, store.get()));
    }
  }
  return {};
}

}  // namespace flinkc
