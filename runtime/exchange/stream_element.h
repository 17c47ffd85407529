// What travels between subtasks: batches by reference, the progress of event time, and the barriers
// of checkpoints (docs/adr/0004-checkpoints.md).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/data/record_batch.h"
#include "runtime/graph/barrier_kind.h"

namespace flinkc {

constexpr int64_t kWatermarkNone = INT64_MIN;
// The last one of a stream: every window closes.
constexpr int64_t kWatermarkFinal = INT64_MAX;

enum class ElementKind : uint8_t {
  kBatch,
  kWatermark,  // no row that follows is behind `watermark`, unless it is late
  kIdle,       // until its next batch or watermark this channel holds nobody's watermark back
  kBarrier,    // what stands before it belongs to checkpoint `barrier->id`
  kEnd,        // nothing follows
};

struct CheckpointBarrier {
  uint64_t id = 0;
  BarrierKind kind = BarrierKind::kCheckpoint;
  std::string savepoint_directory;  // with all kinds but kCheckpoint
  bool full = false;                // refer to no file of an earlier checkpoint
  int64_t triggered_at_micros = 0;  // since 1970, by the JobManager's clock
  // It has overtaken rows, which the checkpoint keeps as well; only of kCheckpoint.
  bool unaligned = false;

  bool stops() const { return kind == BarrierKind::kStop || kind == BarrierKind::kStopWithDrain; }
};
using BarrierPtr = std::shared_ptr<const CheckpointBarrier>;

struct StreamElement {
  ElementKind kind = ElementKind::kBatch;
  BatchPtr batch;
  int64_t watermark = kWatermarkNone;
  BarrierPtr barrier;

  static StreamElement Batch(BatchPtr batch) {
    return {ElementKind::kBatch, std::move(batch), kWatermarkNone, nullptr};
  }
  static StreamElement Watermark(int64_t watermark) {
    return {ElementKind::kWatermark, nullptr, watermark, nullptr};
  }
  static StreamElement Idle() { return {ElementKind::kIdle, nullptr, kWatermarkNone, nullptr}; }
  static StreamElement Barrier(BarrierPtr barrier) {
    return {ElementKind::kBarrier, nullptr, kWatermarkNone, std::move(barrier)};
  }
  static StreamElement End() { return {ElementKind::kEnd, nullptr, kWatermarkNone, nullptr}; }
};

}  // namespace flinkc
