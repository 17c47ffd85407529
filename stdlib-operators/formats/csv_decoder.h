// CSV to batches, column by column: CsvScanner finds the fields of up to a batch of records, then
// each needed column is read in one loop made for its type. Columns that are not needed are never
// looked at.
#pragma once

#include <memory>
#include <vector>

#include "stdlib-operators/formats/cell_parsers.h"
#include "stdlib-operators/formats/csv_dialect.h"
#include "stdlib-operators/formats/csv_scanner.h"
#include "stdlib-operators/formats/failure_policy.h"
#include "stdlib-operators/formats/json_reader.h"
#include "stdlib-operators/formats/row_decoder.h"

namespace flinkc {

class CsvDecoder final : public RowDecoder {
 public:
  CsvDecoder(const DecoderContext& context, CsvDialect dialect);

  bool has_header() const override { return dialect_.header; }
  Result<size_t> ReadHeader(const DecodeBlock& block) override;
  void StartSplit(std::shared_ptr<const SplitOrigin> origin, int64_t next_record) override;
  Status Decode(const DecodeBlock& block, const char** cursor, RecordBatch& batch) override;
  const char* failed_record() const override { return policy_.failed_record(); }

 private:
  static constexpr int32_t kMissing = -1;

  struct Column {
    DataType type;
    int32_t field = kMissing;          // in the file
    std::unique_ptr<JsonCell> nested;  // ARRAY and ROW stand in a field as JSON text
    void (CsvDecoder::*decode)(const Column& column, size_t index, RecordBatch& batch) = nullptr;
  };
  struct Failure {
    uint32_t record = 0;  // in this Decode
    int32_t column = -1;
    RowStatus status = RowStatus::kOk;
  };
  struct Cell {
    const char* begin;
    const char* end;
    bool quoted;
  };

  // Gathers the records of index_ that have the right shape into first_separators_.
  void CollectRows();
  std::string_view RecordText(uint32_t record) const;
  std::string_view FieldText(uint32_t record, int32_t field) const;
  // Trims and takes the quotes off.
  Cell Unwrap(const char* begin, const char* end);
  bool IsNullText(const Cell& cell) const;

  template <typename Parser>
  void DecodeColumn(const Column& column, size_t index, RecordBatch& batch, const Parser& parser);
  template <typename Parser, bool kLastField>
  void DecodeCells(const Column& column, size_t index, RecordBatch& batch, const Parser& parser);
  void DecodeScalars(const Column& column, size_t index, RecordBatch& batch);
  void DecodeNested(const Column& column, size_t index, RecordBatch& batch);
  void FillMissing(size_t index, RecordBatch& batch);
  // Asks the policy about each failure, in the order of records and columns.
  Status SettleFailures(RecordBatch& batch);
  std::string Explain(const Failure& failure) const;

  // Constant after construction.
  const CsvDialect dialect_;
  const Schema schema_;  // of the batches
  const Schema declared_;
  MemoryPool* const memory_;
  // Worker thread only.
  FailurePolicy policy_;
  CsvScanner scanner_;
  std::vector<Column> columns_;
  bool reads_text_ = false;  // some needed column is a string: check for UTF-8
  uint32_t field_count_ = 0;
  // Within one Decode.
  CsvIndex index_;
  const char* text_ = nullptr;
  std::vector<uint32_t> first_separators_;  // of each row
  std::vector<uint32_t> records_;           // of each row; empty: row r is record r
  std::vector<Failure> failures_;
  CellContext cells_;
  std::unique_ptr<JsonReader> json_;  // for nested columns
};

}  // namespace flinkc
