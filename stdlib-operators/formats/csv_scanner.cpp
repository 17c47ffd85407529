#include "stdlib-operators/formats/csv_scanner.h"

#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace flinkc {

namespace {

constexpr uint32_t kNowhere = UINT32_MAX;

// One bit for each of 64 bytes.
struct ByteMasks {
  uint64_t delimiters;
  uint64_t line_ends;
  uint64_t quotes;
};

#if defined(__SSE2__)
ByteMasks FindBytes(const char* text, char delimiter, char quote) {
  const __m128i delimiters = _mm_set1_epi8(delimiter);
  const __m128i line_ends = _mm_set1_epi8('\n');
  const __m128i quotes = _mm_set1_epi8(quote);
  ByteMasks masks{0, 0, 0};
  for (int i = 0; i < 4; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + 16 * i));
    const auto mask = [&](__m128i wanted) {
      return static_cast<uint64_t>(
                 static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted))))
             << (16 * i);
    };
    masks.delimiters |= mask(delimiters);
    masks.line_ends |= mask(line_ends);
    masks.quotes |= mask(quotes);
  }
  return masks;
}
#else
ByteMasks FindBytes(const char* text, char delimiter, char quote) {
  ByteMasks masks{0, 0, 0};
  for (int i = 0; i < 64; ++i) {
    masks.delimiters |= static_cast<uint64_t>(text[i] == delimiter) << i;
    masks.line_ends |= static_cast<uint64_t>(text[i] == '\n') << i;
    masks.quotes |= static_cast<uint64_t>(text[i] == quote) << i;
  }
  return masks;
}
#endif

}  // namespace

void CsvScanner::Scan(const char* begin, const char* end, bool is_last, size_t records_max,
                      CsvIndex* index) {
  const auto size = static_cast<uint32_t>(end - begin);
  in_quotes_ = false;
  skipped_quote_ = closed_at_ = kNowhere;
  index->misquoted.clear();
  index->unterminated = false;
  // A block of 64 bytes adds at most 64 of each, and one more may follow at the end.
  if (index->record_ends.size() < records_max + 65) index->record_ends.resize(records_max + 65);
  if (index->separators.size() < 256) index->separators.resize(256);
  index->separators[0] = kNowhere;
  index->separator_count = 1;
  index->record_count = 0;
  for (uint32_t base = 0; base < size && index->record_count < records_max; base += 64) {
    if (index->separators.size() < index->separator_count + 65) {
      index->separators.resize(index->separators.size() * 2);
    }
    const ByteMasks masks = FindBytes(begin + base, dialect_.delimiter, dialect_.quote);
    const uint64_t inside = size - base >= 64 ? ~uint64_t{0} : (uint64_t{1} << (size - base)) - 1;
    uint64_t separators = (masks.delimiters | masks.line_ends) & inside;
    const uint64_t quotes = masks.quotes & inside;
    if (quotes != 0 || in_quotes_ || closed_at_ != kNowhere) {
      ScanQuoted(begin, base, size, separators, masks.line_ends, quotes, index);
      continue;
    }
    uint32_t* positions = index->separators.data();
    uint32_t* record_ends = index->record_ends.data();
    size_t count = index->separator_count;
    size_t records = index->record_count;
    while (separators != 0) {
      const int bit = std::countr_zero(separators);
      positions[count] = base + static_cast<uint32_t>(bit);
      record_ends[records] = static_cast<uint32_t>(count);
      records += masks.line_ends >> bit & 1;
      ++count;
      separators &= separators - 1;
    }
    index->separator_count = count;
    index->record_count = records;
  }
  const uint32_t consumed = index->separators[index->separator_count - 1] + 1;
  const bool ends_within_record =
      index->record_count == 0 ||
      index->record_ends[index->record_count - 1] + 1 != index->separator_count || consumed < size;
  if (is_last && index->record_count < records_max && size > 0 && ends_within_record) {
    index->unterminated = in_quotes_;
    AddSeparator(begin, size, true, index);
  }
  if (index->record_count > records_max) index->record_count = records_max;
  while (!index->misquoted.empty() && index->misquoted.back() >= index->record_count) {
    index->misquoted.pop_back();
  }
}

void CsvScanner::AddSeparator(const char* text, uint32_t position, bool is_line_end,
                              CsvIndex* index) {
  if (closed_at_ != kNowhere) {
    uint32_t behind = closed_at_;
    while (behind < position && dialect_.trim && dialect_.IsBlank(text[behind])) ++behind;
    if (behind < position && is_line_end && text[behind] == '\r') ++behind;
    const auto record = static_cast<uint32_t>(index->record_count);
    if (behind < position && (index->misquoted.empty() || index->misquoted.back() != record)) {
      index->misquoted.push_back(record);
    }
    closed_at_ = kNowhere;
  }
  index->separators[index->separator_count] = position;
  if (is_line_end) {
    index->record_ends[index->record_count++] = static_cast<uint32_t>(index->separator_count);
  }
  ++index->separator_count;
}

// One byte of interest after the other, for the stretches that have quotes.
void CsvScanner::ScanQuoted(const char* text, uint32_t base, uint32_t size, uint64_t separators,
                            uint64_t line_ends, uint64_t quotes, CsvIndex* index) {
  for (uint64_t wanted = separators | quotes; wanted != 0; wanted &= wanted - 1) {
    const int bit = std::countr_zero(wanted);
    const uint32_t position = base + static_cast<uint32_t>(bit);
    if ((quotes >> bit & 1) == 0) {
      if (!in_quotes_) AddSeparator(text, position, line_ends >> bit & 1, index);
    } else if (position == skipped_quote_) {
      skipped_quote_ = kNowhere;
    } else if (!in_quotes_) {
      in_quotes_ = BeginsField(text, position, *index);
    } else if (position + 1 < size && text[position + 1] == dialect_.quote) {
      skipped_quote_ = position + 1;
    } else {
      in_quotes_ = false;
      closed_at_ = position + 1;
    }
  }
}

bool CsvScanner::BeginsField(const char* text, uint32_t position, const CsvIndex& index) const {
  if (closed_at_ != kNowhere) return false;
  uint32_t start = index.separators[index.separator_count - 1] + 1;
  while (start < position && dialect_.trim && dialect_.IsBlank(text[start])) ++start;
  return start == position;
}

bool CsvQuoteScanner::BeginsField(std::string_view piece, size_t position) const {
  while (position > 0 && dialect_.trim && dialect_.IsBlank(piece[position - 1])) --position;
  if (position == 0) return at_field_start_;
  return piece[position - 1] == dialect_.delimiter || piece[position - 1] == '\n';
}

// The second of two quotes is text; anything else is already outside.
void CsvQuoteScanner::SettleQuote(std::string_view piece) {
  after_quote_ = false;
  in_quotes_ = piece[position_] == dialect_.quote;
  if (in_quotes_) ++position_;
}

void CsvQuoteScanner::Advance(std::string_view piece, size_t to) {
  while (position_ < to) {
    if (after_quote_) {
      SettleQuote(piece);
      continue;
    }
    const void* found = std::memchr(piece.data() + position_, dialect_.quote, to - position_);
    if (found == nullptr) {
      position_ = to;
      return;
    }
    const auto quote = static_cast<size_t>(static_cast<const char*>(found) - piece.data());
    if (in_quotes_) {
      after_quote_ = true;
    } else {
      in_quotes_ = BeginsField(piece, quote);
    }
    position_ = quote + 1;
  }
}

size_t CsvQuoteScanner::FindRecordStart(std::string_view piece, size_t from) {
  Advance(piece, from);
  while (position_ < piece.size()) {
    if (after_quote_) {
      SettleQuote(piece);
      continue;
    }
    if (in_quotes_) {
      const void* close =
          std::memchr(piece.data() + position_, dialect_.quote, piece.size() - position_);
      if (close == nullptr) break;
      Advance(piece, static_cast<size_t>(static_cast<const char*>(close) - piece.data()) + 1);
      continue;
    }
    const char* start = piece.data() + position_;
    const size_t left = piece.size() - position_;
    const void* line_end = std::memchr(start, '\n', left);
    const size_t before_line_end =
        line_end == nullptr ? left
                            : static_cast<size_t>(static_cast<const char*>(line_end) - start);
    const void* quote = std::memchr(start, dialect_.quote, before_line_end);
    if (quote == nullptr) {
      if (line_end == nullptr) break;
      position_ += before_line_end + 1;
      return position_;
    }
    Advance(piece, static_cast<size_t>(static_cast<const char*>(quote) - piece.data()) + 1);
  }
  position_ = piece.size();
  return std::string_view::npos;
}

void CsvQuoteScanner::EndPiece(std::string_view piece) {
  Advance(piece, piece.size());
  size_t end = piece.size();
  while (end > 0 && dialect_.trim && dialect_.IsBlank(piece[end - 1])) --end;
  if (end > 0) at_field_start_ = piece[end - 1] == dialect_.delimiter || piece[end - 1] == '\n';
  position_ = 0;
}

}  // namespace flinkc
