// What a decoder does with a record or a cell that fails: `on_error` of the source and of the
// column. A failed cell is written as NULL under `null` if its column can be NULL; in all other
// cases under drop, null and route the whole row goes, and the job is told of it (it counts and
// routes). Under `fail` the failure becomes the error that ends the job.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/abi/row_error.h"
#include "runtime/base/result.h"
#include "runtime/connector/source.h"
#include "stdlib-operators/formats/row_decoder.h"

namespace flinkc {

struct RecordFailure {
  RowStatus status = RowStatus::kOk;
  int32_t column = -1;   // of the batch; -1: the record as a whole
  std::string_view raw;  // the record, in the block
  int64_t record = 0;    // its number in the split
  std::string detail;    // what was found and expected
};

enum class FailureAction : uint8_t { kDropRow, kWriteNull };

class FailurePolicy {
 public:
  explicit FailurePolicy(const DecoderContext& context);

  void StartSplit(std::shared_ptr<const SplitOrigin> origin);
  // Under on_error: fail an error; its text names record, column and detail.
  Result<FailureAction> Handle(const RecordFailure& failure);
  const char* failed_record() const { return failed_record_; }
  const std::shared_ptr<const SplitOrigin>& origin() const { return origin_; }

 private:
  // Constant after construction.
  const SourceDescriptor& descriptor_;
  const DecodeFailureHandler on_failure_;
  const Schema schema_;  // of the batches
  // Worker thread only.
  std::shared_ptr<const SplitOrigin> origin_;
  const char* failed_record_ = nullptr;
};

// Takes the rows `dropped` (ascending, each once) out of the batch; later rows move up, and their
// row_offsets with them.
void RemoveRows(RecordBatch& batch, const Schema& schema, const std::vector<int32_t>& dropped);

// The beginning of a text that may be long, fit for a message: control characters are escaped.
std::string ShortenText(std::string_view text);

// "found `abc`, expected BIGINT": a long value is cut.
std::string FoundAndExpected(std::string_view found, const DataType& type);

}  // namespace flinkc
