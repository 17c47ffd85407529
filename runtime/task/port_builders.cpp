#include "runtime/task/port_builders.h"

#include <algorithm>
#include <bit>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

// Many channels times full batches would not fit: from eight channels on each gets less.
int32_t BuilderRows(const PortLayout& layout, uint32_t channel_count) {
  if (layout.fold) {
    return static_cast<int32_t>(std::clamp<int64_t>(layout.fold->rows, 2, RecordBatch::kRowsMax));
  }
  constexpr int32_t kRowsMin = 64;
  constexpr uint32_t kFullChannels = 8;
  if (channel_count <= kFullChannels) return RecordBatch::kRowsMax;
  const int64_t rows = int64_t{RecordBatch::kRowsMax} * kFullChannels / channel_count;
  return std::max(kRowsMin, static_cast<int32_t>(rows / kRowsMin * kRowsMin));
}

// Groups that have accumulators at a time: few enough to stay in the processor's cache.
constexpr size_t kLocalSlots = 4096;

void RemoveDropped(const Schema& schema, RecordBatch& batch) {
  const uint8_t* kinds = batch.layout().row_kinds;
  int32_t to = 0;
  for (int32_t row = 0; row < batch.row_count(); ++row) {
    if (kinds[row] == kDroppedRow) continue;
    if (to != row) batch.MoveRow(schema, row, to);
    ++to;
  }
  batch.set_row_count(to);
}

}  // namespace

PortBuilders::PortBuilders(const PortLayout& layout, uint32_t channel_count,
                           uint32_t max_parallelism, MemoryPool* memory)
    : layout_(layout),
      max_parallelism_(max_parallelism),
      pool_(layout.schema, layout.row_kinds, layout.key_hashes, memory,
            BuilderRows(layout, channel_count)),
      run_starts_(channel_count, 0) {
  for (uint32_t column = 0; column < layout.schema.size(); ++column) {
    if (layout.local && layout.local->partial_column == column) continue;
    if (layout.schema[column].type.is_view()) view_columns_.push_back(column);
  }
  if (layout.local) {
    local_slots_.resize(kLocalSlots);
    local_batches_.resize(channel_count, 1);
    local_ = {.slots = local_slots_.data(),
              .mask = kLocalSlots - 1,
              .batches = local_batches_.data(),
              .adaptive = layout.local->adaptive ? 1u : 0u,
              .next_pause = kLocalPauseMin};
  }
  if (layout.fold) {
    CHECK(channel_count == 1 && layout.row_kinds);
    fold_slots_.resize(std::bit_ceil(2 * static_cast<uint64_t>(BuilderRows(layout, 1))));
    fold_ = {fold_slots_.data(), fold_slots_.size() - 1, 1, 0, 0};
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
  if (layout_.fold) {
    if (fold_.dropped != 0) RemoveDropped(layout_.schema, *batch);
    fold_.dropped = fold_.rewritten = 0;
    if (++fold_.batch == 0) {  // the number begins anew: no slot may seem to be of this batch
      std::ranges::fill(fold_slots_, FoldSlot{});
      fold_.batch = 1;
    }
  }
  if (layout_.local && ++local_batches_[channel] == 0) {
    std::ranges::fill(local_slots_, LocalSlot{});
    local_batches_[channel] = 1;
  }
  return batch;
}

bool PortBuilders::is_empty() const {
  return std::ranges::all_of(layouts_, [](const BatchLayout* b) { return b->row_count == 0; });
}

void PortBuilders::BeginRun() {
  fold_.rewritten = 0;
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
