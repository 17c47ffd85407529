#include "runtime/operator/row_order.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

namespace flinkc {

namespace {

template <typename T>
T Load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

template <typename T>
int Order(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a) || std::isnan(b)) return std::isnan(a) - std::isnan(b);
  }
  return (a > b) - (a < b);
}

int OrderFixed(PhysicalType type, const char* a, const char* b) {
  switch (type) {
    case PhysicalType::kI8:
      return Order(Load<int8_t>(a), Load<int8_t>(b));
    case PhysicalType::kI16:
      return Order(Load<int16_t>(a), Load<int16_t>(b));
    case PhysicalType::kI32:
      return Order(Load<int32_t>(a), Load<int32_t>(b));
    case PhysicalType::kI64:
      return Order(Load<int64_t>(a), Load<int64_t>(b));
    case PhysicalType::kI128:
      return Order(Load<__int128>(a), Load<__int128>(b));
    case PhysicalType::kF32:
      return Order(Load<float>(a), Load<float>(b));
    case PhysicalType::kF64:
      return Order(Load<double>(a), Load<double>(b));
    case PhysicalType::kView:
      break;
  }
  return 0;
}

}  // namespace

RowOrder::RowOrder(const std::vector<OrderColumn>& order, const std::vector<uint32_t>& kept_columns,
                   const Schema& kept)
    : null_bytes_((kept.size() + 7) / 8) {
  // A column that stands in the order twice is compared once.
  for (size_t i = 0; i < kept.size(); ++i) {
    const auto found = std::ranges::find(order, kept_columns[i], &OrderColumn::column);
    if (found == order.end()) break;
    const DataType& type = kept[i].type;
    columns_.push_back({kept_columns[i], type.physical(), ByteWidth(type.physical()),
                        found->descending, found->nulls_first});
  }
}

int RowOrder::Compare(std::string_view a, std::string_view b) const {
  const char* at_a = a.data() + null_bytes_;
  const char* at_b = b.data() + null_bytes_;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    const bool null_a = (a[i / 8] >> i % 8 & 1) != 0;
    const bool null_b = (b[i / 8] >> i % 8 & 1) != 0;
    if (null_a || null_b) {
      if (null_a != null_b) return null_a == column.nulls_first ? -1 : 1;
      continue;
    }
    int order;
    if (column.type == PhysicalType::kView) {
      const auto size_a = Load<uint32_t>(at_a);
      const auto size_b = Load<uint32_t>(at_b);
      at_a += sizeof(uint32_t);
      at_b += sizeof(uint32_t);
      order = std::string_view(at_a, size_a).compare(std::string_view(at_b, size_b));
      at_a += size_a;
      at_b += size_b;
    } else {
      order = OrderFixed(column.type, at_a, at_b);
      at_a += column.width;
      at_b += column.width;
    }
    if (order != 0) return (order < 0) != column.descending ? -1 : 1;
  }
  return 0;
}

int RowOrder::Compare(const RecordBatch& batch, int32_t row, std::string_view kept) const {
  const char* at = kept.data() + null_bytes_;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    const bool null_row = batch.IsNull(column.column, row);
    const bool null_kept = (kept[i / 8] >> i % 8 & 1) != 0;
    if (null_row && null_kept) continue;
    if (null_row || null_kept) return null_row == column.nulls_first ? -1 : 1;
    int order;
    if (column.type == PhysicalType::kView) {
      const auto size = Load<uint32_t>(at);
      at += sizeof(uint32_t);
      order =
          batch.Values<StringValue>(column.column)[row].view().compare(std::string_view(at, size));
      at += size;
    } else {
      order = OrderFixed(
          column.type,
          batch.Values<char>(column.column) + size_t{column.width} * static_cast<size_t>(row), at);
      at += column.width;
    }
    if (order != 0) return (order < 0) != column.descending ? -1 : 1;
  }
  return 0;
}

}  // namespace flinkc
