// Rows as CSV lines that CsvDecoder reads back as they were: text is quoted where it holds a
// delimiter, a quote or a line end, or where it would be taken for NULL or lose its blanks.
#pragma once

#include <string>
#include <string_view>

#include "stdlib-operators/formats/csv_dialect.h"
#include "stdlib-operators/formats/row_encoder.h"

namespace flinkc {

class CsvEncoder final : public RowEncoder {
 public:
  CsvEncoder(Schema schema, CsvDialect dialect);

  std::string Header() const override;
  void Encode(const RecordBatch& batch, int32_t row, std::string& out) override;

 private:
  bool NeedsQuotes(std::string_view text) const;
  void AppendField(std::string_view text, std::string& out) const;

  // Constant after construction.
  const Schema schema_;
  const CsvDialect dialect_;
  // Worker thread only.
  std::string field_;
};

}  // namespace flinkc
