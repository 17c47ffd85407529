// The connector "toy": its enumerator deals out the splits of a workload, its reader gives their
// records, a few at a poll, from whichever split chance says.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "runtime/base/check.h"
#include "stdlib-operators/connectors/registry.h"
#include "tests/simulation/toy_job.h"

namespace flinkc {

namespace {

const ToyWorld* world = nullptr;

int64_t NumberIn(const std::string& text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

class ToyEnumerator final : public SplitEnumerator {
 public:
  explicit ToyEnumerator(int64_t number) : number_(number) {}

  Result<std::vector<Split>> Enumerate(uint32_t) override {
    std::vector<Split> splits;
    const Workload& workload = *world->workload;
    const size_t ends[] = {workload.first_splits, workload.apart_from, workload.splits.size()};
    const size_t first = number_ == 0 ? 0 : ends[number_ - 1];
    const size_t end = ends[number_];
    for (size_t i = first; i < end; ++i) {
      splits.push_back({fmt::format("{:02}", i), std::to_string(i),
                        static_cast<int64_t>(workload.splits[i].size()), "", INT64_MIN});
    }
    return splits;
  }
  bool assigns_all_at_start() const override { return world->assigns_all_at_start; }

 private:
  const int64_t number_;
};

class ToyReader final : public SourceReader {
 public:
  Status AddSplit(const Split& split) override {
    const int64_t position = split.position.empty() ? 0 : NumberIn(split.position);
    splits_.push_back({NumberIn(split.payload), position, false});
    return {};
  }

  Result<SourcePoll> Poll(RecordBatch& batch) override {
    Chance& chance = *world->chance;
    if (chance.Happens(world->source_fails)) return MakeError(ErrorCode::kIo, "the source fails");
    std::vector<uint32_t> open;
    for (uint32_t i = 0; i < splits_.size(); ++i) {
      if (!splits_[i].finished) open.push_back(i);
    }
    if (open.empty()) return SourcePoll{SourceStatus::kNeedsSplit};
    if (chance.Happens(world->source_has_nothing)) {
      return SourcePoll{SourceStatus::kNothingYet, 0, false, chance.Between(1, 20'000)};
    }
    SourcePoll poll;
    poll.status = SourceStatus::kRows;
    poll.split = open[static_cast<size_t>(chance.Below(static_cast<int64_t>(open.size())))];
    ReadSplit& split = splits_[poll.split];
    const std::vector<Record>& records = world->workload->splits[static_cast<size_t>(split.split)];
    const auto end = static_cast<int64_t>(records.size());
    const int64_t last = std::min(end, split.next + chance.Between(1, world->batch_rows_max));
    int32_t row = 0;
    for (; split.next < last; ++row, ++split.next) {
      const Record& record = records[static_cast<size_t>(split.next)];
      const int64_t cells[] = {split.split, split.next, record.time, record.key,
                               record.kept ? 1 : 0};
      for (size_t column = 0; column < 5; ++column) {
        batch.Values<int64_t>(column)[row] = cells[column];
      }
    }
    batch.set_row_count(row);
    // Some say it with the last row, some with a poll of its own.
    if (split.next == end && (row == 0 || chance.Happens(0.5))) {
      poll.split_finished = split.finished = true;
    }
    return poll;
  }

  Result<std::string> Position(uint32_t split) const override {
    return std::to_string(splits_[split].next);
  }

 private:
  struct ReadSplit {
    int64_t split = 0;
    int64_t next = 0;
    bool finished = false;
  };
  std::vector<ReadSplit> splits_;
};

}  // namespace

void SetToyWorld(const ToyWorld* now) { world = now; }

ConnectorRuntimes ToyConnectors() {
  ConnectorRuntime toy;
  toy.name = "toy";
  toy.make_enumerator =
      [](const SourceDescriptor& source) -> Result<std::unique_ptr<SplitEnumerator>> {
    return std::make_unique<ToyEnumerator>(NumberIn(source.options.at("number")));
  };
  toy.make_reader = [](SourceContext) -> Result<std::unique_ptr<SourceReader>> {
    return std::make_unique<ToyReader>();
  };
  // The product's own, but for a look at the local disk that comes before a job starts.
  ConnectorRuntime file = *FindConnector(StdConnectors(), "file");
  file.prepare_sink = nullptr;
  return {toy, file};
}

}  // namespace flinkc
