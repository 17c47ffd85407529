// The streams of one chain that somebody looks at: hands their rows on, and keeps the probes that
// probed code writes to. Costs nothing while it is empty.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "runtime/abi/chain_context.h"
#include "runtime/base/memory_pool.h"
#include "runtime/data/record_batch.h"
#include "runtime/graph/chain_layout.h"
#include "runtime/task/row_tap.h"

namespace flinkc {

// The worker of the chain only.
class ChainTaps {
 public:
  // `probes`: what generated code sees of them, by ChainLayout::taps; all closed. Layout, probes
  // and memory must outlive this.
  ChainTaps(const ChainLayout& layout, std::span<OutputPort> probes, MemoryPool* memory);

  void Add(uint32_t tap, std::shared_ptr<RowTap> rows);
  bool empty() const { return listeners_.empty(); }
  // Whether somebody looks at rows that only probed code shows.
  bool needs_probes() const;

  // Around each run of a pipeline. Those who have closed are forgotten.
  void BeginRun(int64_t now_micros);
  void EndRun(int64_t now_micros);
  // A probe is full, in a run.
  void FlushProbe(uint32_t tap, int64_t now_micros);
  // A port hands a batch on.
  void OnBatch(uint32_t port, const RecordBatch& batch, int64_t now_micros);

 private:
  struct Listener {
    uint32_t tap = 0;
    std::shared_ptr<RowTap> rows;
  };
  struct Probe {
    std::unique_ptr<RecordBatch> batch;  // made with the first who looks
    BatchLayout* layout = nullptr;
  };

  void ForgetClosed();
  bool IsWanted(uint32_t tap, int64_t now_micros) const;
  void HandOn(uint32_t tap, const RecordBatch& rows, int64_t now_micros);

  // Constant after construction.
  const ChainLayout& layout_;
  const std::span<OutputPort> ports_;
  MemoryPool* const memory_;
  // Worker only.
  std::vector<Listener> listeners_;
  std::vector<Probe> probes_;  // by ChainLayout::taps
};

}  // namespace flinkc
