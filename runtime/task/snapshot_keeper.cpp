#include "runtime/task/snapshot_keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "runtime/base/failpoint.h"
#include "runtime/checkpoint/checkpoint_paths.h"
#include "runtime/checkpoint/split_proto.h"
#include "runtime/state/kept_store.h"
#include "runtime/state/state_files.h"
#include "runtime/state/state_writer.h"
#include "runtime/task/in_flight.h"

namespace flinkc {

namespace {

// What the background does for one snapshot; shares everything that it touches.
struct Background {
  CheckpointBarrier barrier;
  // Keeps the layouts that the frozen states refer to.
  std::shared_ptr<const CompiledChain> chain;
  FrozenChain frozen;
  std::vector<InFlightChannel> in_flight;
  std::string vertex;  // its name
  std::vector<std::shared_ptr<SinkWriter>> sinks;
  std::vector<std::string> sink_names;
  SubtaskCheckpoints checkpoints;
  const Clock* clock = nullptr;
  std::shared_ptr<StallMeter> stall;
  std::shared_ptr<const std::atomic<bool>> given_up;
  proto::SubtaskAcknowledgement taken;
  // With a store: its files that a confirmed checkpoint has, and those of this one, which are the
  // worker's to read when it is told that the checkpoint is complete.
  KeptFiles confirmed;
  std::shared_ptr<KeptFiles> kept_files = std::make_shared<KeptFiles>();

  Result<proto::SubtaskAcknowledgement> Run() {
    // What waits behind a slow disk is perhaps wanted no more; without it the next one comes
    // sooner.
    if (given_up->load(std::memory_order_relaxed)) {
      return MakeError(ErrorCode::kCancelled,
                       fmt::format("checkpoint {} was over before it was written", barrier.id));
    }
    const int64_t begin = clock->MonotonicNanos();
    for (size_t i = 0; i < sinks.size(); ++i) {
      if (Status persisted = sinks[i]->Persist(); !persisted) {
        return std::unexpected(
            std::move(persisted).error().WithContext(fmt::format("sink `{}`", sink_names[i])));
      }
    }
    const bool is_savepoint = barrier.kind != BarrierKind::kCheckpoint;
    if (frozen.store != nullptr) RETURN_IF_ERROR(frozen.store->Seal());
    RETURN_IF_ERROR(WriteSegments(is_savepoint));
    if (frozen.store != nullptr && !is_savepoint) RETURN_IF_ERROR(KeepFiles());
    if (!in_flight.empty()) RETURN_IF_ERROR(WriteOvertaken());
    if (checkpoints.copies != nullptr && !is_savepoint) {
      checkpoints.copies->OnWritten(barrier.id, taken.snapshot());
    }
    taken.set_async_micros((clock->MonotonicNanos() - begin) / 1000);
    taken.set_stall_micros(stall->longest_micros());
    return std::move(taken);
  }

  Status WriteSegments(bool is_savepoint) {
    const std::string name =
        StateFilePath(barrier.id, checkpoints.make_random_name(), is_savepoint);
    StateFileWriter file(checkpoints.files,
                         is_savepoint ? barrier.savepoint_directory : checkpoints.directory, name,
                         is_savepoint ? nullptr : checkpoints.copies.get());
    ASSIGN_OR_RETURN(WrittenState written,
                     WriteState(frozen.states, &file, is_savepoint ? frozen.store.get() : nullptr));
    for (proto::StateSnapshot& state : written.states) {
      *taken.mutable_snapshot()->add_states() = std::move(state);
    }
    if (written.file != nullptr) AddFile(written.file->path, written.file->size_bytes);
    return {};
  }

  // The files of the store's cut: the rows that are in no segment.
  Status KeepFiles() {
    const auto make_path = [this] {
      return StateFilePath(barrier.id, checkpoints.make_random_name(), false);
    };
    ASSIGN_OR_RETURN(KeptStore kept,
                     KeepStore(frozen.store->cut(), confirmed, checkpoints.files,
                               checkpoints.directory, make_path, checkpoints.copies.get()));
    for (const proto::StoreHandle::File& file : kept.written) AddFile(file.file(), file.length());
    for (const proto::StoreHandle::File& file : kept.handle.files()) {
      (*kept_files)[file.name()] = file;
    }
    *taken.mutable_snapshot()->mutable_store() = std::move(kept.handle);
    return {};
  }

  Status WriteOvertaken() {
    StateFileWriter file(checkpoints.files, checkpoints.directory,
                         StateFilePath(barrier.id, checkpoints.make_random_name(), false));
    ASSIGN_OR_RETURN(proto::InFlight written,
                     WriteInFlight(std::exchange(in_flight, {}), chain->layout().heads, &file));
    written.set_vertex(vertex);
    AddFile(written.file(), written.length());
    *taken.mutable_snapshot()->mutable_in_flight() = std::move(written);
    return {};
  }

  void AddFile(const std::string& path, uint64_t size_bytes) {
    proto::SubtaskAcknowledgement::WrittenFile& entry = *taken.add_files();
    entry.set_path(path);
    entry.set_size_bytes(size_bytes);
  }
};

}  // namespace

Status SnapshotKeeper::Take(const CheckpointBarrier& barrier, ChainExecutor* executor,
                            const SourceDriver* driver,
                            const std::vector<std::shared_ptr<SinkWriter>>& sinks,
                            std::vector<InFlightChannel> in_flight, int64_t start_delay_micros,
                            int64_t alignment_micros) {
  auto stall = std::make_shared<StallMeter>(descriptor_.clock);
  const int64_t begin = stall->NowNanos();
  const auto work = std::make_shared<Background>();
  work->barrier = barrier;
  work->in_flight = std::move(in_flight);
  work->vertex = descriptor_.name;
  if (driver != nullptr) {
    ASSIGN_OR_RETURN(const std::vector<Split> splits, driver->Snapshot());
    for (const Split& split : splits)
      *work->taken.mutable_snapshot()->add_splits() = ToProto(split);
  }
  RETURN_IF_ERROR(Seal(barrier.id, sinks));
  AddSealed(work->taken.mutable_snapshot());
  const KeyGroupRange range =
      KeyGroupRange::Of(descriptor_.subtask, descriptor_.parallelism, descriptor_.max_parallelism);
  work->taken.mutable_snapshot()->set_key_group_first(range.first);
  work->taken.mutable_snapshot()->set_key_group_last(range.last);
  RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("snapshot.freeze"));
  // A savepoint stands on its own: everything is written, and nothing of it is used again.
  const bool writes_all = barrier.kind != BarrierKind::kCheckpoint || barrier.full;
  ASSIGN_OR_RETURN(work->frozen,
                   executor->Freeze(writes_all ? executor->StateFiles() : FilesToRewrite(executor),
                                    barrier.kind == BarrierKind::kCheckpoint));
  for (const FrozenState& state : work->frozen.states) {
    for (const FrozenState::Table& table : state.tables) table.snapshot->SetStallMeter(stall);
  }
  if (work->frozen.store != nullptr) work->frozen.store->SetStallMeter(stall);
  if (barrier.kind == BarrierKind::kCheckpoint && barrier.full) {
    // Nor may one that does not know whether this one was completed refer to what came before.
    confirmed_.clear();
    executor->ForgetKeptSegments();
  }
  if (!writes_all) work->confirmed = confirmed_;
  pending_.push_back({barrier.id, barrier.kind, work->frozen.states, stall, work->kept_files});
  work->given_up = pending_.back().given_up;
  FLINKC_FAILPOINT("snapshot.frozen");
  work->chain = descriptor_.chain;
  work->sinks = sinks;
  for (const ChainSink& sink : descriptor_.chain->layout().sinks) {
    work->sink_names.push_back(sink.descriptor.name);
  }
  work->checkpoints = descriptor_.checkpoints;
  work->clock = descriptor_.clock;
  work->taken.set_start_delay_micros(start_delay_micros);
  work->taken.set_alignment_micros(alignment_micros);
  stall->AddSince(begin);
  work->taken.set_sync_micros(stall->longest_micros());
  work->stall = std::move(stall);
  descriptor_.checkpoints.run_in_background(
      [work, id = barrier.id, tell = descriptor_.on_snapshot] { tell(id, work->Run()); });
  return {};
}

Result<proto::SubtaskSnapshot> SnapshotKeeper::TakeLast(
    const std::vector<std::shared_ptr<SinkWriter>>& sinks) {
  RETURN_IF_ERROR(Seal(UINT64_MAX, sinks));
  for (size_t i = 0; i < sinks.size(); ++i) {
    if (Status persisted = sinks[i]->Persist(); !persisted) {
      return std::unexpected(std::move(persisted).error().WithContext(
          fmt::format("sink `{}`", descriptor_.chain->layout().sinks[i].descriptor.name)));
    }
  }
  proto::SubtaskSnapshot snapshot;
  snapshot.set_finished(true);
  AddSealed(&snapshot);
  return snapshot;
}

Status SnapshotKeeper::Seal(uint64_t checkpoint,
                            const std::vector<std::shared_ptr<SinkWriter>>& sinks) {
  for (size_t i = 0; i < sinks.size(); ++i) {
    const std::string& name = descriptor_.chain->layout().sinks[i].descriptor.name;
    RETURN_IF_ERROR(FLINKC_FAILPOINT_STATUS("sink.seal"));
    Result<std::string> unit = sinks[i]->Seal();
    if (!unit) {
      return std::unexpected(std::move(unit).error().WithContext(fmt::format("sink `{}`", name)));
    }
    if (!unit->empty()) sealed_.push_back({checkpoint, name, *std::move(unit)});
  }
  return {};
}

void SnapshotKeeper::AddSealed(proto::SubtaskSnapshot* snapshot) const {
  for (const Sealed& sealed : sealed_) {
    proto::SealedOutput& output = *snapshot->add_sealed();
    output.set_sink(sealed.sink);
    output.set_unit(sealed.unit);
  }
}

// Files of which less than half is still referred to are given up: what is live in them is written
// once more.
StateFileSet SnapshotKeeper::FilesToRewrite(ChainExecutor* executor) const {
  std::map<const StateFile*, uint64_t> live;
  for (size_t i = 0; i < executor->state_count(); ++i) {
    executor->state(i)->CountStoredBytes(&live);
  }
  StateFileSet files;
  for (const auto& [file, bytes] : live) {
    if (bytes < file->size_bytes / 2) files.insert(file);
  }
  return files;
}

void SnapshotKeeper::OnPolled() {
  for (const Pending& pending : pending_) pending.stall->Pause();
}

void SnapshotKeeper::OnComplete(uint64_t checkpoint, ChainExecutor* executor) {
  std::erase_if(sealed_, [&](const Sealed& sealed) { return sealed.checkpoint <= checkpoint; });
  EndThose(
      [&](const Pending& pending) {
        // Nobody says when a savepoint is complete; it may be while later checkpoints are.
        const bool on_its_way =
            pending.id < checkpoint && pending.kind != BarrierKind::kCheckpoint && IsRead(pending);
        return pending.id <= checkpoint && !on_its_way;
      },
      checkpoint, executor);
}

void SnapshotKeeper::OnAborted(uint64_t checkpoint, ChainExecutor* executor) {
  EndThose([&](const Pending& pending) { return pending.id == checkpoint; }, std::nullopt,
           executor);
}

void SnapshotKeeper::EndThose(const std::function<bool(const Pending&)>& are_over,
                              std::optional<uint64_t> complete, ChainExecutor* executor) {
  for (auto pending = pending_.begin(); pending != pending_.end();) {
    if (!are_over(*pending)) {
      ++pending;
      continue;
    }
    // A later checkpoint that is complete says nothing of a savepoint.
    const bool given_up =
        !complete || (pending->id != complete && pending->kind == BarrierKind::kCheckpoint);
    pending->given_up->store(given_up, std::memory_order_relaxed);
    // The files of a savepoint are its own.
    const bool confirmed = pending->id == complete && pending->kind == BarrierKind::kCheckpoint;
    if (confirmed && executor != nullptr) confirmed_ = std::move(*pending->kept_files);
    for (size_t i = 0; executor != nullptr && i < pending->states.size(); ++i) {
      confirmed ? executor->state(i)->Confirm(pending->states[i])
                : executor->state(i)->Forget(pending->states[i]);
    }
    pending = pending_.erase(pending);
  }
}

bool SnapshotKeeper::IsRead(const Pending& pending) {
  return std::ranges::any_of(pending.states, [](const FrozenState& state) {
    return std::ranges::any_of(
        state.tables, [](const FrozenState::Table& table) { return !table.snapshot->is_done(); });
  });
}

bool SnapshotKeeper::needs_state() const { return std::ranges::any_of(pending_, IsRead); }

}  // namespace flinkc
