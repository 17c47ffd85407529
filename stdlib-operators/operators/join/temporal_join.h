// A join of a stream with the versions of a table: each row of the left side with the version of
// its key that held at its time. A row of the right side is a version from its time on, until the
// next one of its key; one that is taken back (-D) says that there is none from then on.
//
// A row waits until the watermark of both sides has passed its time: no version that holds for it
// comes any more. Versions that no row can ask for any more are forgotten; the newest of those that
// the watermark has passed stays. A row that is behind its own split's watermark is late: it is
// dropped and counted, so that the result depends on the data and its splits alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/state/timer_state.h"
#include "stdlib-operators/operators/join/join_operator.h"

namespace flinkc {

// One worker only.
class TemporalJoin final : public JoinOperator {
 public:
  explicit TemporalJoin(OperatorContext context);

  Result<int32_t> Process(uint32_t input, const RecordBatch& batch, int32_t from_row) override;
  Result<bool> OnWatermark(int64_t watermark) override;

 private:
  struct Version {
    int64_t time = 0;
    uint32_t at = 0;  // KeyedRows::InsertAt
    std::string_view bytes;
  };
  // A row whose time has come, and its version; nullptr: there is none.
  struct Due {
    std::string_view row;
    const Version* version = nullptr;
  };

  bool IsLate(size_t side, const RecordBatch& batch, int32_t row) const;
  Status Wait(const RecordBatch& batch, int32_t row);
  Status KeepVersion(const RecordBatch& batch, int32_t row);
  // Gives the rows of the key whose time has come, and forgets its old versions.
  Status Settle(const StateKey& key);
  // The versions of the key, by time, into versions_.
  Status LoadVersions(const StateKey& key);
  // The newest that is not after `time`; nullptr: there is none, or the key was gone.
  const Version* VersionAt(int64_t time) const;
  Status EmitDue();
  Status Prune(const StateKey& key);

  // Constant after construction.
  const JoinVersions versions_of_;
  std::array<std::optional<size_t>, 2> watermark_columns_;
  uint64_t* const late_dropped_;
  // Worker only.
  TimerState timers_;
  int64_t watermark_ = INT64_MIN;
  std::vector<Version> versions_;
  std::vector<Due> due_;
};

}  // namespace flinkc
