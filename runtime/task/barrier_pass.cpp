// The way of a barrier through a chain: what stands before it leaves the builders and reaches the
// state and the sinks; then the subtask takes its snapshot.
#include <map>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/base/planted_bug.h"
#include "runtime/task/chain_executor.h"

namespace flinkc {

void ChainExecutor::PushBarrier(BarrierPtr barrier) {
  DCHECK(!pass_ && !barrier_ && !time_);
  barrier_ = BarrierPass{std::move(barrier)};
  if (Planted(PlantedBug::kBarrierBeforeState)) SendBarrier();
}

// Called when no pipeline has queued input.
ChainExecutor::Step ChainExecutor::AdvanceBarrier() {
  if (barrier_->arrived) return Step::kNothingToDo;
  while (barrier_->pipeline < layout_.pipelines.size()) {
    for (uint32_t port : layout_.pipelines[barrier_->pipeline].ports) FlushPort(ports_[port]);
    ++barrier_->pipeline;
    if (HasQueuedBatches()) return Step::kDidWork;
  }
  // Rows that no pipeline wrote: decode errors.
  Flush();
  if (HasQueuedBatches()) return Step::kDidWork;
  for (const Sink& sink : sinks_) {
    if (!sink.queue.empty()) return sink.writer->HasRoom() ? Step::kDidWork : Step::kNoRoom;
  }
  barrier_->arrived = true;
  return Step::kNothingToDo;
}

Result<FrozenChain> ChainExecutor::Freeze(const StateFileSet& rewrite, bool with_files) {
  DCHECK(barrier_ && barrier_->arrived);
  // Of the barrier before: what it froze comes first.
  if (store_ != nullptr) RETURN_IF_ERROR(store_->Seal());
  FrozenChain frozen;
  for (State& state : states_) {
    frozen.states.push_back(
        state.keyed->Freeze(rewrite, with_files ? FreezeInto::kSegments : FreezeInto::kStore));
    if (state.emitted) frozen.states.back().progress.fired_end = kEmitted;
  }
  if (store_ != nullptr) {
    ASSIGN_OR_RETURN(frozen.store, store_->Freeze(frozen.states, with_files));
  }
  return frozen;
}

StateFileSet ChainExecutor::StateFiles() const {
  std::map<const StateFile*, uint64_t> live;
  for (const State& state : states_) state.keyed->CountStoredBytes(&live);
  StateFileSet files;
  for (const auto& [file, bytes] : live) files.insert(file);
  return files;
}

void ChainExecutor::ForgetKeptSegments() {
  for (State& state : states_) state.keyed->ForgetKept();
}

void ChainExecutor::PassBarrier() {
  DCHECK(barrier_ && barrier_->arrived);
  if (!Planted(PlantedBug::kBarrierBeforeState)) SendBarrier();
  barrier_.reset();
  overflows_ = false;
}

void ChainExecutor::SendBarrier() {
  for (Edge& edge : edges_) {
    edge.partition.Broadcast(StreamElement::Barrier(barrier_->barrier));
  }
}

}  // namespace flinkc
