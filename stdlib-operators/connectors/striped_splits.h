// A numbered sequence (events, rows) dealt out in blocks to a fixed number of splits: split s has
// the blocks s, s + splits, s + 2 * splits, …, whatever the parallelism. The sources that make
// their rows from these numbers differ in nothing else.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/connector/source.h"
#include "stdlib-operators/connectors/rate_limit.h"

namespace flinkc {

struct Stripes {
  uint32_t splits = 1;
  int32_t block_items = 1;
  int64_t total = 0;  // items, 0: without end

  // What an item counts in the progress of a job, where files count their bytes.
  static constexpr int64_t kItemBytes = 100;
};

class StripedEnumerator final : public SplitEnumerator {
 public:
  explicit StripedEnumerator(const Stripes& stripes) : stripes_(stripes) {}
  Result<std::vector<Split>> Enumerate(uint32_t parallelism) override;
  bool assigns_all_at_start() const override { return true; }

 private:
  const Stripes stripes_;
};

// The splits of one reader. Worker thread only.
class StripedSplits {
 public:
  explicit StripedSplits(const Stripes& stripes) : stripes_(stripes) {}

  // kCorrupt: a position that the split never has.
  Status Add(const Split& split);
  Result<std::string> Position(uint32_t index) const;
  // The index (in the order of Add) of the unfinished split whose next block is the earliest, of
  // those that are not held.
  std::optional<uint32_t> Next() const;
  void SetHeld(uint32_t index, bool held) { states_[index].held = held; }
  uint32_t count() const { return static_cast<uint32_t>(states_.size()); }
  // Items of the split before FirstItem.
  int64_t ItemsDone(uint32_t index) const;
  // The next item of a split, and how many there are in its current block; 0: it is finished.
  int64_t FirstItem(uint32_t index) const;
  int64_t ItemsLeft(uint32_t index) const;
  // Takes items of the current block; true: the split is finished.
  bool Take(uint32_t index, int64_t items);

 private:
  Status Restore(const Split& split, uint32_t index);
  struct State {
    int64_t block;
    int64_t done;
    bool finished;
    bool held = false;
  };

  // Constant after construction.
  const Stripes stripes_;
  // Worker thread only.
  std::vector<State> states_;
};

// A reader that makes its rows, at most so many a second. Worker thread only.
class StripedReader : public SourceReader {
 public:
  // `name` of the connector; `rows_per_second` 0: no limit.
  StripedReader(const SourceContext& context, std::string name, const Stripes& stripes,
                double rows_per_second);

  Status AddSplit(const Split& split) final;
  Result<SourcePoll> Poll(RecordBatch& batch) final;
  void SetHeld(uint32_t split, bool held) final { splits_.SetHeld(split, held); }
  // The rate begins anew where reading goes on: rows that were due while nobody read are not made
  // good in a rush.
  Result<std::string> Position(uint32_t split) const final { return splits_.Position(split); }
  int64_t bytes_read() const final { return items_ * Stripes::kItemBytes; }

 protected:
  // Puts the rows of `count` items from `first` on into the empty batch.
  virtual void Fill(int64_t first, int32_t count, RecordBatch& batch) = 0;

 private:
  // Constant after construction.
  const std::shared_ptr<const SplitOrigin> origin_;
  // Worker thread only.
  StripedSplits splits_;
  RateLimit rate_;
  int64_t items_ = 0;  // made so far
};

}  // namespace flinkc
