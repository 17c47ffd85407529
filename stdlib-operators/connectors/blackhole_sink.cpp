#include "stdlib-operators/connectors/blackhole_sink.h"

#include <algorithm>
#include <cstring>

#include "runtime/abi/hash.h"
#include "runtime/abi/short_bytes.h"

namespace flinkc {

namespace {

// What a NULL counts as.
constexpr uint64_t kNullWord = 0xD6E8FEB86659FD93ull;

// A sum over the 8-byte words of some bytes: what it costs to read them and little more.
uint64_t SumBytes(const char* data, size_t size) {
  uint64_t sums[4] = {0, 0, 0, 0};
  size_t at = 0;
  for (; at + 32 <= size; at += 32) {
    uint64_t words[4];
    std::memcpy(words, data + at, sizeof(words));
    for (int i = 0; i < 4; ++i) sums[i] += words[i];
  }
  uint64_t sum = sums[0] + sums[1] * 3 + sums[2] * 5 + sums[3] * 7;
  for (; at + 8 <= size; at += 8) {
    uint64_t word;
    std::memcpy(&word, data + at, sizeof(word));
    sum += word;
  }
  return sum + LoadShortBytes(data + at, static_cast<uint32_t>(size - at));
}

// Rows whose texts often stand side by side are read together, column by column.
constexpr int32_t kRowsABlock = 128;

struct RowRange {
  int32_t begin;
  int32_t end;
};

uint64_t SumViews(const RecordBatch& batch, size_t column, RowRange rows) {
  const StringValue* values = batch.Values<StringValue>(column);
  uint64_t sum = 0;
  for (int32_t row = rows.begin; row < rows.end; ++row) {
    if (batch.IsNull(column, row)) continue;
    sum += SumBytes(values[row].data(), values[row].size) + values[row].size;
  }
  return sum;
}

template <typename T>
uint64_t SumValues(const RecordBatch& batch, size_t column, RowRange rows) {
  const T* values = batch.Values<T>(column);
  uint64_t sum = 0;
  if (batch.layout().columns[column].validity == nullptr) {
    for (int32_t row = rows.begin; row < rows.end; ++row) sum += static_cast<uint64_t>(values[row]);
    return sum;
  }
  for (int32_t row = rows.begin; row < rows.end; ++row) {
    sum += batch.IsNull(column, row) ? kNullWord : static_cast<uint64_t>(values[row]);
  }
  return sum;
}

struct Int128Words {
  uint64_t low;
  uint64_t high;
  explicit operator uint64_t() const { return low + high * 31; }
};

uint64_t SumColumn(const RecordBatch& batch, const DataType& type, size_t column, RowRange rows) {
  switch (type.physical()) {
    case PhysicalType::kI8:
      return SumValues<uint8_t>(batch, column, rows);
    case PhysicalType::kI16:
      return SumValues<uint16_t>(batch, column, rows);
    case PhysicalType::kI32:
    case PhysicalType::kF32:
      return SumValues<uint32_t>(batch, column, rows);
    case PhysicalType::kI64:
    case PhysicalType::kF64:
      return SumValues<uint64_t>(batch, column, rows);
    case PhysicalType::kI128:
      return SumValues<Int128Words>(batch, column, rows);
    case PhysicalType::kView:
      return SumViews(batch, column, rows);
  }
  return 0;
}

}  // namespace

Status BlackholeWriter::Write(const BatchPtr& batch) {
  uint64_t sum = static_cast<uint64_t>(batch->row_count());
  for (int32_t begin = 0; begin < batch->row_count(); begin += kRowsABlock) {
    const RowRange rows{begin, std::min(begin + kRowsABlock, batch->row_count())};
    for (size_t column = 0; column < schema_.size(); ++column) {
      sum += MixHash(column + 1) * SumColumn(*batch, schema_[column].type, column, rows);
    }
  }
  if (const uint8_t* kinds = batch->layout().row_kinds) {
    sum += SumBytes(reinterpret_cast<const char*>(kinds), static_cast<size_t>(batch->row_count()));
  }
  checksum_ = checksum_ + sum;
  return {};
}

ConnectorRecord BlackholeRecord() {
  ConnectorRecord record{"blackhole", "reads every value and forgets it"};
  record.sink.declared = true;
  record.sink.accepts_updates = true;
  record.sink.wants_old_rows = false;
  return record;
}

ConnectorRuntime BlackholeRuntime() {
  ConnectorRuntime runtime;
  runtime.name = "blackhole";
  runtime.make_writer = [](SinkContext context) -> Result<std::unique_ptr<SinkWriter>> {
    return std::make_unique<BlackholeWriter>(std::move(context.schema));
  };
  return runtime;
}

}  // namespace flinkc
