#include "tests/property/random_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/property/operator_kind.h"
#include "tests/property/random_input.h"

namespace flinkc::property {

const RandomStream* PlanBuilder::DrawStream(Chance& chance,
                                            const std::function<bool(const RandomStream&)>& fits) {
  std::vector<const RandomStream*> fitting;
  // The newest first: so that plans grow in depth.
  for (size_t i = streams_.size(); i-- > 0;) {
    if (fits(streams_[i])) fitting.push_back(&streams_[i]);
  }
  if (fitting.empty()) return nullptr;
  const auto count = static_cast<uint32_t>(fitting.size());
  return fitting[chance.Below(2) == 0 ? 0 : chance.Below(count)];
}

std::string PlanBuilder::NewStreamName() { return fmt::format("s{}", ++stream_number_); }
std::string PlanBuilder::NewColumnName() { return fmt::format("c{}", ++column_number_); }

void PlanBuilder::AddStream(const std::string& name, const std::string& line) {
  lines_ += fmt::format("  {}: {{{}}}\n", name, line);
}

void PlanBuilder::AddOutput(RandomStream stream) { streams_.push_back(std::move(stream)); }

bool PlanBuilder::IsRead(const std::string& name) const {
  return std::ranges::find(read_, name) != read_.end();
}

void PlanBuilder::MarkRead(const std::string& name) { read_.push_back(name); }

RandomPlan DrawPlan(Chance& chance) {
  RandomPlan plan;
  plan.parallelism = 1 << chance.Below(3);
  plan.backend = chance.OneIn(4) ? "rocksdb" : "hashmap";
  plan.agg_phases = chance.OneIn(2) ? "TWO_PHASE" : "AUTO";
  PlanBuilder builder;
  std::string sources;
  const uint32_t inputs = 1 + chance.Below(2);
  for (uint32_t i = 0; i < inputs; ++i) {
    RandomInput input = DrawInput(chance, fmt::format("in{}", i));
    sources += input.source;
    for (RandomPlan::File& file : input.files) plan.files.push_back(std::move(file));
    builder.AddOutput(std::move(input.stream));
  }
  const uint32_t operators = 1 + chance.Below(6);
  for (uint32_t i = 0; i < operators; ++i) chance.Of(OperatorKinds())(chance, builder);

  std::string sinks;
  for (const RandomStream& stream : builder.streams()) {
    if (builder.IsRead(stream.name) && !chance.OneIn(4)) continue;
    RandomPlan::Sink sink{fmt::format("out{}", plan.sinks.size()), {}};
    sinks += fmt::format("  {}: {{from: {}, connector: console, format: json}}\n", sink.name,
                         stream.name);
    for (const RandomRow& row : stream.rows) {
      sink.rows.push_back(RowJson(stream.columns, row.values));
    }
    plan.sinks.push_back(std::move(sink));
  }
  plan.spec = fmt::format("flinkc: 1\njob: {{name: random}}\nsources:\n{}{}sinks:\n{}", sources,
                          builder.lines().empty() ? "" : "streams:\n" + builder.lines(), sinks);
  return plan;
}

std::string RandomPlan::AsGoldenJob() const {
  std::string text = fmt::format("# parallelism {}, state in {}, aggregates {}\n--- spec\n{}",
                                 parallelism, backend, agg_phases, spec);
  for (const File& file : files) text += "--- file " + file.name + "\n" + file.text;
  for (const Sink& sink : sinks) {
    text += "--- output " + sink.name + "\n";
    for (const std::string& row : sink.rows) text += row + "\n";
  }
  return text;
}

}  // namespace flinkc::property
