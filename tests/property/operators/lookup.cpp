// Rows with those of a side table: one of the inputs, read as a whole.
#include "tests/property/operator_kind.h"
#include "tests/property/random_join.h"

namespace flinkc::property {

void AddLookup(Chance& chance, PlanBuilder& plan) {
  const RandomStream* input =
      plan.DrawStream(chance, [](const RandomStream& stream) { return !stream.updates; });
  const RandomStream* table =
      plan.DrawStream(chance, [](const RandomStream& stream) { return stream.is_input(); });
  if (input == nullptr || table == nullptr) return;
  const auto join = RandomJoin::Draw(chance, plan, *input, *table,
                                     {RandomJoinKind::kInner, RandomJoinKind::kLeft});
  if (!join) return;
  RandomStream output = join->output();
  // The rows of the stream pass with their time.
  output.event_time = input->event_time;
  for (const RandomRow& left : input->rows) {
    const auto add = [&](const RandomRow* right) {
      output.rows.push_back(join->Pair(&left, right));
      output.rows.back().watermark = left.watermark;
    };
    bool has_match = false;
    for (const RandomRow& right : table->rows) {
      if (!join->Matches(left, right)) continue;
      has_match = true;
      add(&right);
    }
    if (!has_match && join->kind() == RandomJoinKind::kLeft) add(nullptr);
  }
  if (output.rows.size() > RandomJoin::kRowsMax) return;
  join->AddTo(plan, ", lookup: once", std::move(output));
}

}  // namespace flinkc::property
