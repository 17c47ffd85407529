// An order of rows by some of their columns: of a row that came against rows that are kept.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/data/record_batch.h"
#include "runtime/data/schema.h"
#include "runtime/graph/top_descriptor.h"

namespace flinkc {

// Compares rows as RowCodec writes them, whose first columns are those of the order. Immutable.
class RowOrder {
 public:
  // `kept`: the schema of the rows.
  RowOrder(const std::vector<OrderColumn>& order, const std::vector<uint32_t>& kept_columns,
           const Schema& kept);

  // Below zero: `a` stands before `b`; zero: neither. Numbers by value (NaN is the largest), texts
  // byte by byte, FALSE before TRUE.
  int Compare(std::string_view a, std::string_view b) const;
  // The same of a row of a batch, which has the columns of the schema where `kept_columns` said,
  // and a kept one.
  int Compare(const RecordBatch& batch, int32_t row, std::string_view kept) const;

 private:
  struct Column {
    uint32_t column = 0;  // of a batch
    PhysicalType type = PhysicalType::kI64;
    uint32_t width = 0;
    bool descending = false;
    bool nulls_first = false;
  };

  size_t null_bytes_ = 0;
  std::vector<Column> columns_;
};

}  // namespace flinkc
