// The search for the preferred match that begins with one row: its partial matches, which take a
// row after the other (Thompson's simulation; the order of the partial matches is that in which a
// search that goes back would try them).
//
// Partial matches at one step differ only by which rows are of which variable. Where no condition
// looks at that, one of them is enough, and there are never more of them than steps.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/graph/match_descriptor.h"

namespace flinkc {

// For each row of a partial match, from the first one on, the number of its variable.
using RowVariables = std::string;

// A partial match that would take the next row for `variable`.
struct PatternTrial {
  uint32_t variable = 0;
  std::string_view rows;  // RowVariables so far
  bool holds = false;     // whether it may
};

// One worker only.
class PatternSearch {
 public:
  // More is no pattern any more: the job fails. The rows of all partial matches together.
  static constexpr size_t kPartialMatchesMax = 10'000;
  static constexpr size_t kPartialRowsMax = 10'000'000;

  // `match` must outlive this.
  explicit PatternSearch(const MatchDescriptor& match);

  // Begins anew, before the first row.
  void Begin();
  // Whether there are partial matches that another row may complete.
  bool is_open() const { return !partial_.empty(); }
  // No further row is taken.
  void Close() { partial_.clear(); }
  // How many rows were taken.
  size_t rows() const { return rows_; }
  // Once it is not open: the preferred match; nullptr: there is none.
  const RowVariables* found() const { return found_ ? &*found_ : nullptr; }

  // Takes the next row. `test(std::span<PatternTrial>) -> Status` says of each trial whether it
  // holds. kMemoryLimit: there are too many partial matches.
  template <typename Test>
  Status Take(Test test) {
    CollectTrials();
    RETURN_IF_ERROR(test(std::span(trials_)));
    return Advance();
  }

  // The search as it is kept: its partial matches in their order, then the match that was found.
  // `rows` of one that has the same rows as the one before it is empty.
  template <typename Visit>
  void ForEachKept(Visit visit) const {
    uint32_t before = UINT32_MAX;
    for (const Partial& partial : partial_) {
      const bool is_same = partial.history == before;
      visit(partial.step,
            is_same ? std::string_view() : std::string_view(histories_[partial.history]));
      before = partial.history;
    }
    if (found_) visit(accept_step(), std::string_view(*found_));
  }
  // Adds one of them to a search that has begun as Restore. False: it is none of this pattern.
  bool AddKept(int32_t step, std::string_view rows);
  // Forgets all, before AddKept. Without partial matches behind it there is nothing to go on with.
  void Restore();

 private:
  struct Partial {
    uint32_t step = 0;     // of a row
    uint32_t history = 0;  // of histories_
  };

  uint32_t accept_step() const { return static_cast<uint32_t>(match_.program.size() - 1); }
  void CollectTrials();
  Status Advance();
  // Adds the partial matches that are at `step` without another row; false: a match is reached,
  // before which nothing behind it is preferred.
  bool Follow(uint32_t step, uint32_t history);

  // Constant after construction.
  const MatchDescriptor& match_;
  const bool looks_back_;
  // Worker only.
  std::vector<Partial> partial_;
  std::vector<RowVariables> histories_;
  size_t rows_ = 0;
  std::optional<RowVariables> found_;
  // Of the row that is being taken.
  std::vector<PatternTrial> trials_;
  std::vector<uint32_t> trial_of_;  // by partial match
  std::vector<uint32_t> known_;  // by history and variable: the trial; then by trial: its history
  std::vector<Partial> next_;
  std::vector<RowVariables> next_histories_;
  std::unordered_set<uint64_t> reached_;  // steps, of each history if these matter
  std::vector<uint32_t> open_steps_;
};

}  // namespace flinkc
