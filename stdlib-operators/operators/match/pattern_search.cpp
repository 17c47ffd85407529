#include "stdlib-operators/operators/match/pattern_search.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace flinkc {

namespace {

constexpr uint32_t kNone = UINT32_MAX;

bool LooksBack(const MatchDescriptor& match) {
  return std::ranges::any_of(match.variables, [&match](const PatternVariable& variable) {
    return variable.condition && !match.ReadsRowAlone(variable);
  });
}

}  // namespace

PatternSearch::PatternSearch(const MatchDescriptor& match)
    : match_(match), looks_back_(LooksBack(match)) {}

void PatternSearch::Begin() {
  Restore();
  histories_.emplace_back();
  reached_.clear();
  next_.clear();
  // No match is without rows, so none is reached.
  Follow(0, 0);
  partial_.swap(next_);
}

void PatternSearch::Restore() {
  partial_.clear();
  histories_.clear();
  found_.reset();
  rows_ = 0;
}

bool PatternSearch::AddKept(int32_t step, std::string_view rows) {
  const auto at = static_cast<uint32_t>(step);
  if (step < 0 || at > accept_step()) return false;
  const auto is_variable = [this](char number) {
    return static_cast<uint8_t>(number) < match_.variables.size();
  };
  if (!std::ranges::all_of(rows, is_variable)) return false;
  if (at == accept_step()) {
    if (rows.empty() || rows.size() > rows_ || found_) return false;
    found_ = RowVariables(rows);
    return true;
  }
  if (match_.program[at].kind != PatternStep::Kind::kRow || found_) return false;
  if (rows.empty() ? histories_.empty() : rows_ != 0 && rows.size() != rows_) return false;
  rows_ = std::max(rows_, rows.size());
  uint32_t history = rows.empty() ? partial_.back().history : 0;
  if (!rows.empty()) {
    history = static_cast<uint32_t>(std::ranges::find(histories_, rows) - histories_.begin());
    if (history == histories_.size()) histories_.emplace_back(rows);
  }
  partial_.push_back({at, history});
  return true;
}

// What is to be known: of each history whether it may take the row for each variable that comes
// next.
void PatternSearch::CollectTrials() {
  trials_.clear();
  trial_of_.clear();
  const size_t variables = match_.variables.size();
  known_.assign(histories_.size() * variables, kNone);
  for (const Partial& partial : partial_) {
    const uint32_t variable = match_.program[partial.step].variable;
    uint32_t& trial = known_[partial.history * variables + variable];
    if (trial == kNone) {
      trial = static_cast<uint32_t>(trials_.size());
      trials_.push_back({variable, histories_[partial.history], false});
    }
    trial_of_.push_back(trial);
  }
}

Status PatternSearch::Advance() {
  next_.clear();
  next_histories_.clear();
  reached_.clear();
  ++rows_;
  known_.assign(trials_.size(), kNone);  // the history of each
  for (size_t i = 0; i < partial_.size(); ++i) {
    const PatternTrial& trial = trials_[trial_of_[i]];
    if (!trial.holds) continue;
    uint32_t& history = known_[trial_of_[i]];
    if (history == kNone) {
      history = static_cast<uint32_t>(next_histories_.size());
      next_histories_.emplace_back(trial.rows).push_back(static_cast<char>(trial.variable));
    }
    // What is less preferred than a match is of no interest.
    if (!Follow(partial_[i].step + 1, history)) break;
    if (next_.size() > kPartialMatchesMax || next_histories_.size() * rows_ > kPartialRowsMax) {
      return MakeError(
          ErrorCode::kMemoryLimit,
          fmt::format("the rows of one key have more than {} partial matches of `{}`, or these "
                      "have more than {} rows; make its conditions stricter, or `within` shorter",
                      kPartialMatchesMax, match_.pattern, kPartialRowsMax));
    }
  }
  partial_.swap(next_);
  histories_.swap(next_histories_);
  return {};
}

bool PatternSearch::Follow(uint32_t step, uint32_t history) {
  open_steps_.assign(1, step);
  while (!open_steps_.empty()) {
    const uint32_t at = open_steps_.back();
    open_steps_.pop_back();
    const uint64_t id = (looks_back_ ? uint64_t{history} << 32 : 0) | at;
    // Who came here first is preferred.
    if (!reached_.insert(id).second) continue;
    const PatternStep& now = match_.program[at];
    switch (now.kind) {
      case PatternStep::Kind::kRow:
        next_.push_back({at, history});
        break;
      case PatternStep::Kind::kSplit:
        open_steps_.push_back(now.second);
        open_steps_.push_back(now.first);
        break;
      case PatternStep::Kind::kJump:
        open_steps_.push_back(now.first);
        break;
      case PatternStep::Kind::kAccept:
        found_ = next_histories_[history];
        return false;
    }
  }
  return true;
}

}  // namespace flinkc
