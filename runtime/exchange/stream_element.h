// What travels between subtasks: batches by reference, and the progress of event time.
#pragma once

#include <cstdint>

#include "runtime/data/record_batch.h"

namespace flinkc {

constexpr int64_t kWatermarkNone = INT64_MIN;
// The last one of a stream: every window closes.
constexpr int64_t kWatermarkFinal = INT64_MAX;

enum class ElementKind : uint8_t {
  kBatch,
  kWatermark,  // no row that follows is behind `watermark`, unless it is late
  kIdle,       // until its next batch or watermark this channel holds nobody's watermark back
  kEnd,        // nothing follows
};

struct StreamElement {
  ElementKind kind = ElementKind::kBatch;
  BatchPtr batch;
  int64_t watermark = kWatermarkNone;

  static StreamElement Batch(BatchPtr batch) {
    return {ElementKind::kBatch, std::move(batch), kWatermarkNone};
  }
  static StreamElement Watermark(int64_t watermark) {
    return {ElementKind::kWatermark, nullptr, watermark};
  }
  static StreamElement Idle() { return {ElementKind::kIdle, nullptr, kWatermarkNone}; }
  static StreamElement End() { return {ElementKind::kEnd, nullptr, kWatermarkNone}; }
};

}  // namespace flinkc
