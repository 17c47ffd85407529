// A numbered sequence (events, rows) dealt out in blocks to a fixed number of splits: split s has
// the blocks s, s + splits, s + 2 * splits, …, whatever the parallelism.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/connector/source.h"

namespace flinkc {

class StripedEnumerator final : public SplitEnumerator {
 public:
  explicit StripedEnumerator(uint32_t splits) : splits_(splits) {}
  Result<std::vector<Split>> Enumerate(uint32_t parallelism) override;
  bool assigns_all_at_start() const override { return true; }

 private:
  const uint32_t splits_;
};

// The splits of one reader. Worker thread only.
class StripedSplits {
 public:
  // `total` items, 0: without end.
  StripedSplits(uint32_t splits, int32_t block_items, int64_t total)
      : splits_(splits), block_items_(block_items), total_(total) {}

  Status Add(const Split& split);
  // The index (in the order of Add) of the unfinished split whose next block is the earliest.
  std::optional<uint32_t> Next() const;
  // The next item of a split, and how many there are in its current block; 0: it is finished.
  int64_t FirstItem(uint32_t index) const;
  int64_t ItemsLeft(uint32_t index) const;
  // Takes items of the current block; true: the split is finished.
  bool Take(uint32_t index, int64_t items);

 private:
  struct State {
    int64_t block;
    int64_t done;
    bool finished;
  };

  // Constant after construction.
  const uint32_t splits_;
  const int32_t block_items_;
  const int64_t total_;
  // Worker thread only.
  std::vector<State> states_;
};

}  // namespace flinkc
