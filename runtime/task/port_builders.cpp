#include "runtime/task/port_builders.h"

#include <algorithm>

namespace flinkc {

namespace {

// Many channels times full batches would not fit: from eight channels on each gets less.
int32_t BuilderRows(uint32_t channel_count) {
  constexpr int32_t kRowsMin = 64;
  constexpr uint32_t kFullChannels = 8;
  if (channel_count <= kFullChannels) return RecordBatch::kRowsMax;
  const int64_t rows = int64_t{RecordBatch::kRowsMax} * kFullChannels / channel_count;
  return std::max(kRowsMin, static_cast<int32_t>(rows / kRowsMin * kRowsMin));
}

}  // namespace

PortBuilders::PortBuilders(const PortLayout& layout, uint32_t channel_count,
                           uint32_t max_parallelism, MemoryPool* memory)
    : layout_(layout),
      max_parallelism_(max_parallelism),
      pool_(layout.schema, layout.row_kinds, layout.key_hashes, memory, BuilderRows(channel_count)),
      run_starts_(channel_count, 0) {
  for (uint32_t column = 0; column < layout.schema.size(); ++column) {
    if (layout.schema[column].type.is_view()) view_columns_.push_back(column);
  }
  for (uint32_t channel = 0; channel < channel_count; ++channel) {
    builders_.push_back(pool_.Take());
    layouts_.push_back(&builders_.back()->layout());
  }
}

BatchPtr PortBuilders::Take(uint32_t channel) {
  BatchPtr batch = std::move(builders_[channel]);
  builders_[channel] = pool_.Take();
  layouts_[channel] = &builders_[channel]->layout();
  run_starts_[channel] = 0;
  return batch;
}

void PortBuilders::BeginRun() {
  for (uint32_t channel = 0; channel < channel_count(); ++channel) {
    run_starts_[channel] = layouts_[channel]->row_count;
  }
}

int64_t PortBuilders::RowsOfRun() const {
  int64_t rows = 0;
  for (uint32_t channel = 0; channel < channel_count(); ++channel) {
    rows += layouts_[channel]->row_count - run_starts_[channel];
  }
  return rows;
}

size_t PortBuilders::EstimateViewBytesOfRun() const {
  constexpr int32_t kStride = 16;  // rows that one sample stands for
  size_t bytes = 0;
  for (uint32_t channel = 0; channel < channel_count(); ++channel) {
    const RecordBatch& batch = *builders_[channel];
    for (uint32_t column : view_columns_) {
      const StringValue* values = batch.Values<StringValue>(column);
      for (int32_t row = run_starts_[channel]; row < batch.row_count(); row += kStride) {
        if (batch.IsNull(column, row) || values[row].size <= StringValue::kInlineBytes) continue;
        bytes += values[row].size;
      }
    }
  }
  return bytes * kStride;
}

}  // namespace flinkc
