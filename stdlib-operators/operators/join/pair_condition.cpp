#include "stdlib-operators/operators/join/pair_condition.h"

namespace flinkc {

PairCondition::PairCondition(const OperatorContext& context, const Schema& schema, bool exists)
    : context_(context), exists_(exists), schema_(schema) {
  if (!exists) return;
  pairs_ = std::make_unique<RecordBatch>(schema_, static_cast<int32_t>(kPairsMax), false, false,
                                         context.memory);
  holds_.resize(kPairsMax);
}

void PairCondition::Clear() {
  if (exists_) pairs_->set_row_count(0);
}

void PairCondition::Add(const std::array<JoinSide, 2>& sides, size_t side, const RecordBatch& batch,
                        int32_t row, std::string_view kept) {
  const int32_t pair = pairs_->row_count();
  sides[side].PutCame(batch, row, *pairs_, pair);
  sides[1 - side].PutKept(kept, *pairs_, pair);
  pairs_->set_row_count(pair + 1);
}

void PairCondition::AddKept(const std::array<JoinSide, 2>& sides, std::string_view left,
                            std::string_view right) {
  const int32_t pair = pairs_->row_count();
  sides[0].PutKept(left, *pairs_, pair);
  sides[1].PutKept(right, *pairs_, pair);
  pairs_->set_row_count(pair + 1);
}

bool PairCondition::Evaluate() {
  return pairs_->row_count() == 0 || context_.evaluate(0, *pairs_, schema_, holds_.data());
}

}  // namespace flinkc
