// Each line is a row {line: STRING NOT NULL}, without its line end; empty lines are rows too.
#pragma once

#include <memory>

#include "stdlib-operators/formats/cell_parsers.h"
#include "stdlib-operators/formats/failure_policy.h"
#include "stdlib-operators/formats/row_decoder.h"

namespace flinkc {

Schema TextSchema();

class TextDecoder final : public RowDecoder {
 public:
  explicit TextDecoder(const DecoderContext& context);

  void StartSplit(std::shared_ptr<const SplitOrigin> origin, int64_t next_record) override;
  Status Decode(const DecodeBlock& block, const char** cursor, RecordBatch& batch) override;
  const char* failed_record() const override { return policy_.failed_record(); }

 private:
  // Constant after construction.
  const bool needs_line_;  // false: only the number of rows counts
  // Worker thread only.
  FailurePolicy policy_;
  std::vector<const char*> line_starts_;  // of one Decode
};

}  // namespace flinkc
