// The values of one datagen column: a pure function of seed, column and row number.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/arena.h"
#include "runtime/base/result.h"
#include "runtime/connector/option_values.h"
#include "runtime/data/record_batch.h"
#include "runtime/data/value.h"

namespace flinkc {

class FieldGenerator {
 public:
  // `options` are the source's; those of this column are `fields.<name>.<option>`.
  static Result<FieldGenerator> Make(const OptionReader& options, const Field& field,
                                     uint32_t column, uint64_t seed);

  // Writes the values of the rows from number `first` on to the batch's first `rows` rows of column
  // `column`; longer bytes go to `arena`.
  void Generate(int64_t first, int32_t rows, RecordBatch& batch, size_t column, Arena& arena) const;

 private:
  FieldGenerator() = default;

  Status ReadRange(const OptionReader& options, const std::string& prefix);
  Status ReadValues(const OptionReader& options, const std::string& prefix);
  // A value that is not NULL.
  Value RandomValue(const DataType& type, uint64_t draw) const;
  Value SequenceValue(int64_t number) const;
  // Whether every value is a number of at most 64 bits between low_ and high_, in steps of step_.
  bool IsPlainRange() const;
  template <typename T>
  void FillRange(int64_t first, int32_t rows, RecordBatch& batch, size_t column) const;
  uint64_t BaseOf(int64_t number) const;
  bool IsNullAt(uint64_t base) const;

  DataType type_;
  uint64_t seed_ = 0;
  bool sequence_ = false;
  bool ranged_ = false;  // integers, dates, timestamps, intervals, decimals: low_ to high_
  Int128 low_ = 0;
  Int128 high_ = 0;
  Int128 step_ = 1;  // of a sequence
  double double_low_ = 0;
  double double_high_ = 1;
  uint32_t length_ = 0;
  uint64_t null_below_ = 0;    // of 2^64 / null_rate
  std::vector<Value> values_;  // if given, nothing else counts
};

}  // namespace flinkc
