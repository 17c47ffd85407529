// Finds the fields and records of CSV text before any value is looked at: the positions of
// delimiters and line ends outside of quotes, 64 bytes at a time.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "stdlib-operators/formats/csv_dialect.h"

namespace flinkc {

// What Scan found. Positions are relative to the text's beginning. Field f of record r, with
// first = r == 0 ? 1 : record_ends[r - 1] + 1, is the text from separators[first + f - 1] + 1 (in
// 32-bit arithmetic: separators[0] is -1) up to separators[first + f].
struct CsvIndex {
  std::vector<uint32_t> separators;
  std::vector<uint32_t> record_ends;  // indices into separators
  size_t separator_count = 0;
  size_t record_count = 0;
  // Records with text behind a closing quote, ascending.
  std::vector<uint32_t> misquoted;
  // The last record ends with the text, within a quoted field.
  bool unterminated = false;
};

class CsvScanner {
 public:
  explicit CsvScanner(const CsvDialect& dialect) : dialect_(dialect) {}

  // Finds at most `records_max` whole records from `begin` on; kParsePadding bytes behind `end`
  // must be readable. `is_last`: text without a line end at `end` is a record too.
  void Scan(const char* begin, const char* end, bool is_last, size_t records_max, CsvIndex* index);

 private:
  void AddSeparator(const char* text, uint32_t position, bool is_line_end, CsvIndex* index);
  void ScanQuoted(const char* text, uint32_t base, uint32_t size, uint64_t separators,
                  uint64_t line_ends, uint64_t quotes, CsvIndex* index);
  bool BeginsField(const char* text, uint32_t position, const CsvIndex& index) const;

  // Constant after construction.
  const CsvDialect dialect_;
  // Within one Scan.
  bool in_quotes_ = false;
  uint32_t skipped_quote_ = UINT32_MAX;  // the second of two quotes
  uint32_t closed_at_ = UINT32_MAX;      // behind the closing quote of the current field
};

// For splitting a file: whether a position is within quotes, found from the quotes alone. Text is
// given in pieces, in order.
class CsvQuoteScanner {
 public:
  explicit CsvQuoteScanner(const CsvDialect& dialect) : dialect_(dialect) {}

  // The position behind the first line end outside of quotes at or behind `from`, a position within
  // the piece; npos if this piece has none. Calls must go forward.
  size_t FindRecordStart(std::string_view piece, size_t from);
  // The piece is done with: reads what was not asked for.
  void EndPiece(std::string_view piece);

 private:
  void SettleQuote(std::string_view piece);
  void Advance(std::string_view piece, size_t to);
  bool BeginsField(std::string_view piece, size_t position) const;

  // Constant after construction.
  const CsvDialect dialect_;
  // Between pieces.
  bool in_quotes_ = false;
  bool after_quote_ =
      false;  // the last byte was a quote within quotes: closing or the first of two
  bool at_field_start_ = true;  // only blanks since the last separator
  size_t position_ = 0;         // in the current piece
};

}  // namespace flinkc
