// JSON lines to batches: one object a line; fields unknown to the schema are skipped, absent ones
// are NULL. Lines are found and told apart by JsonIndex a block at a time; where a block holds a
// line that JsonIndex refuses, the lines are indexed one by one, so that no good row is lost.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/connector/option_record.h"
#include "stdlib-operators/formats/failure_policy.h"
#include "stdlib-operators/formats/json_reader.h"
#include "stdlib-operators/formats/row_decoder.h"

namespace flinkc {

std::span<const OptionRecord> JsonOptions();
Result<TimestampText> JsonTimestamps(const OptionMap& format_options);

class JsonDecoder final : public RowDecoder {
 public:
  JsonDecoder(const DecoderContext& context, TimestampText timestamps);

  void StartSplit(std::shared_ptr<const SplitOrigin> origin, int64_t next_record) override;
  Status Decode(const DecodeBlock& block, const char** cursor, RecordBatch& batch) override;
  const char* failed_record() const override { return policy_.failed_record(); }

 private:
  static constexpr int32_t kUnknown = -1;

  // What stood at one place of the last object: most objects have the same keys in the same order,
  // so the next key is compared with one name before it is looked up.
  struct ExpectedKey {
    // The first 16 bytes as written, closing quote included, and which of their bits count.
    uint64_t head[2] = {0, 0};
    uint64_t mask[2] = {0, 0};
    std::string tail;  // what follows
    int32_t column = kUnknown;
    bool comparable = false;  // no escapes
  };
  // The types that most fields have are read without a call through JsonCell.
  enum class FastKind : uint8_t { kNone, kBigint, kString };
  struct Target {
    char* values = nullptr;
    uint64_t* validity = nullptr;  // nullptr: NOT NULL
    uint32_t width = 0;
    FastKind fast = FastKind::kNone;
  };
  struct CellFailure {
    RowStatus status;
    int32_t column;
    std::string_view found;
  };

  // Indexes the whole lines of the block from the cursor on.
  void OpenLines(const char* begin, const char* end);
  // One line into row `row`; kOk, or what is wrong with the line as a whole.
  RowStatus ReadLine(RecordBatch& batch, int32_t row);
  RowStatus ReadFields(RecordBatch& batch, int32_t row);
  // Reads fields as long as each has the expected key and a value of a fast kind (or is not
  // needed and simple); gives the place of the first that is not read, at the reader's cursor.
  // *ended: the object's closing brace was taken.
  size_t ReadExpectedFields(int32_t row, bool* ended);
  RowStatus ReadField(RecordBatch& batch, int32_t row, int32_t column);
  // The column of the key at the reader's cursor, which moves to the value. kMalformedRow: no key.
  RowStatus MatchKey(size_t place, int32_t* column);
  void Expect(size_t place, std::string_view raw, int32_t column);
  void FillAbsent(RecordBatch& batch, int32_t row);
  // Whether the row stays; its failures are told to the policy.
  Result<bool> SettleLine(RecordBatch& batch, int32_t row, RowStatus line_status,
                          std::string_view line);

  // Constant after construction.
  const Schema schema_;  // of the batches
  // Worker thread only.
  FailurePolicy policy_;
  CellContext cells_;
  JsonReader reader_;
  std::vector<JsonCell> columns_;
  std::vector<Target> targets_;  // of the batch that is being filled
  std::unordered_map<std::string, int32_t> column_of_name_;
  std::vector<ExpectedKey> expected_;
  // What reader_ has open: the lines of this block from open_begin_ on or, line by line, the last.
  uint64_t open_block_ = 0;
  const char* open_begin_ = nullptr;
  bool line_by_line_ = false;
  // Of one line.
  uint64_t line_stamp_ = 0;
  size_t seen_count_ = 0;
  std::vector<uint64_t> seen_;  // by column: the stamp of the line that last had it
  std::vector<CellFailure> cell_failures_;
};

}  // namespace flinkc
