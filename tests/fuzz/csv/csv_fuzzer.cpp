// Any bytes as CSV: no crash, and the same rows however the bytes are cut into blocks. The scanner
// that cuts files at record starts must agree with the one that reads them.
#include "stdlib-operators/formats/csv_scanner.h"
#include "tests/fuzz/decode_bytes.h"

namespace flinkc {
namespace {

// The record starts that CsvQuoteScanner finds, given the text in pieces, are those of CsvScanner.
void CheckScanners(const CsvDialect& dialect, std::string_view text, size_t piece_bytes) {
  std::string padded(text);
  padded.resize(text.size() + kBlockPadding, '"');
  CsvScanner scanner(dialect);
  CsvIndex index;
  scanner.Scan(padded.data(), padded.data() + text.size(), false, text.size() + 1, &index);
  size_t record = 0;
  CsvQuoteScanner quotes(dialect);
  for (size_t base = 0; base < text.size(); base += piece_bytes) {
    const std::string_view piece = text.substr(base, piece_bytes);
    size_t from = 0;
    while (true) {
      const size_t found = quotes.FindRecordStart(piece, from);
      if (found == std::string_view::npos) break;
      CHECK(record < index.record_count);
      CHECK(index.separators[index.record_ends[record]] + 1 == base + found);
      ++record;
      from = found;
    }
    quotes.EndPiece(piece);
  }
  CHECK(record == index.record_count);
}

}  // namespace
}  // namespace flinkc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flinkc;
  if (size < 2) return 0;
  SourceDescriptor source;
  source.format = "csv";
  source.schema = AllTypes();
  const uint8_t options = data[0];
  if ((options & 2) != 0) source.format_options["header"] = "false";
  if ((options & 4) != 0) source.format_options["trim"] = "true";
  if ((options & 8) != 0) source.format_options["null"] = "NA";
  if ((options & 16) != 0) source.format_options["delimiter"] = "\\t";
  if ((options & 32) != 0) source.format_options["quote"] = "'";
  const Result<CsvDialect> dialect = MakeCsvDialect(source.format_options);
  CHECK(dialect.has_value());
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  CheckScanners(*dialect, text, 1 + data[1]);
  CheckDecoding(std::move(source), data, size);
  return 0;
}
