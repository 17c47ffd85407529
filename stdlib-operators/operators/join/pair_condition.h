// The condition of a join beyond equal keys, evaluated for many pairs of rows at once.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/operator/native_operator.h"
#include "stdlib-operators/operators/join/join_side.h"

namespace flinkc {

// One worker only.
class PairCondition {
 public:
  static constexpr size_t kPairsMax = 512;

  // `context` must outlive this. `schema`: JoinShape::condition.
  PairCondition(const OperatorContext& context, const Schema& schema, bool exists);

  // Without one every pair holds.
  bool exists() const { return exists_; }

  // Forgets all pairs.
  void Clear();
  // Adds a pair of a row of side `side` that came and one of the other side that is kept; there may
  // be kPairsMax. What both show must stay until Evaluate.
  void Add(const std::array<JoinSide, 2>& sides, size_t side, const RecordBatch& batch, int32_t row,
           std::string_view kept);
  // Adds a pair of two rows that are kept, in the order of the sides.
  void AddKept(const std::array<JoinSide, 2>& sides, std::string_view left, std::string_view right);
  size_t size() const { return static_cast<size_t>(pairs_ == nullptr ? 0 : pairs_->row_count()); }
  // False: the job fails.
  bool Evaluate();
  bool Holds(size_t pair) const { return holds_[pair] != 0; }

 private:
  // Constant after construction.
  const OperatorContext& context_;
  const bool exists_;
  const Schema schema_;
  // Worker only.
  std::unique_ptr<RecordBatch> pairs_;
  std::vector<uint8_t> holds_;
};

}  // namespace flinkc
