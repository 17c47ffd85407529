#include "runtime/task/chain_taps.h"

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

// Rows that a probe gathers: few, since most of those who look want few.
constexpr int32_t kProbeRows = 64;

}  // namespace

ChainTaps::ChainTaps(const ChainLayout& layout, std::span<OutputPort> probes, MemoryPool* memory)
    : layout_(layout), ports_(probes), memory_(memory), probes_(layout.taps.size()) {
  CHECK(probes.size() == layout.taps.size());
}

void ChainTaps::Add(uint32_t tap, std::shared_ptr<RowTap> rows) {
  const TapLayout& layout = layout_.taps[tap];
  Probe& probe = probes_[tap];
  if (!layout.port && probe.batch == nullptr) {
    probe.batch = std::make_unique<RecordBatch>(layout.schema, kProbeRows, layout.row_kinds,
                                                /*key_hashes=*/false, memory_);
    probe.layout = &probe.batch->layout();
    ports_[tap].channels = &probe.layout;
  }
  ForgetClosed();  // of a task that does not run
  listeners_.push_back({tap, std::move(rows)});
}

void ChainTaps::ForgetClosed() {
  std::erase_if(listeners_, [](const Listener& one) { return one.rows->is_closed(); });
}

bool ChainTaps::needs_probes() const {
  return std::ranges::any_of(listeners_,
                             [this](const Listener& one) { return !layout_.taps[one.tap].port; });
}

bool ChainTaps::IsWanted(uint32_t tap, int64_t now_micros) const {
  return std::ranges::any_of(listeners_, [&](const Listener& one) {
    return one.tap == tap && one.rows->WantsRows(now_micros);
  });
}

void ChainTaps::BeginRun(int64_t now_micros) {
  ForgetClosed();
  for (uint32_t tap = 0; tap < probes_.size(); ++tap) {
    if (probes_[tap].batch == nullptr) continue;
    probes_[tap].batch->set_row_count(0);
    ports_[tap].channel_count = IsWanted(tap, now_micros) ? 1 : 0;
  }
}

void ChainTaps::EndRun(int64_t now_micros) {
  for (uint32_t tap = 0; tap < probes_.size(); ++tap) {
    if (ports_[tap].channel_count != 0) FlushProbe(tap, now_micros);
  }
}

void ChainTaps::FlushProbe(uint32_t tap, int64_t now_micros) {
  RecordBatch& batch = *probes_[tap].batch;
  if (batch.row_count() == 0) return;
  HandOn(tap, batch, now_micros);
  batch.set_row_count(0);
  ports_[tap].channel_count = IsWanted(tap, now_micros) ? 1 : 0;
}

void ChainTaps::OnBatch(uint32_t port, const RecordBatch& batch, int64_t now_micros) {
  for (uint32_t tap = 0; tap < layout_.taps.size(); ++tap) {
    if (layout_.taps[tap].port == port) HandOn(tap, batch, now_micros);
  }
}

void ChainTaps::HandOn(uint32_t tap, const RecordBatch& rows, int64_t now_micros) {
  for (const Listener& one : listeners_) {
    if (one.tap == tap && one.rows->WantsRows(now_micros)) one.rows->Take(rows);
  }
}

}  // namespace flinkc
