#include "compiler/source/source_buffer.h"

#include <algorithm>
#include <utility>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

SourceBuffer::SourceBuffer(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)) {
  CHECK(text_.size() < UINT32_MAX);
  if (text_.starts_with(kByteOrderMark)) text_.erase(0, kByteOrderMark.size());
  line_starts_.push_back(0);
  for (size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(static_cast<uint32_t>(i + 1));
  }
}

LineColumn SourceBuffer::Locate(uint32_t offset) const {
  offset = std::min(offset, static_cast<uint32_t>(text_.size()));
  auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  LineColumn place;
  place.line = static_cast<uint32_t>(after - line_starts_.begin());
  for (uint32_t i = *(after - 1); i < offset; ++i) {
    // A byte that continues a character starts no column.
    if ((static_cast<unsigned char>(text_[i]) & 0xC0) != 0x80) ++place.column;
  }
  return place;
}

std::string_view SourceBuffer::Line(uint32_t line) const {
  if (line == 0 || line > line_count()) return {};
  size_t begin = line_starts_[line - 1];
  size_t end = line < line_count() ? line_starts_[line] - 1 : text_.size();
  if (end > begin && text_[end - 1] == '\r') --end;
  return std::string_view(text_).substr(begin, end - begin);
}

SourceSpan SourceText::SpanOf(size_t begin, size_t end) const {
  if (!span.is_valid()) return span;
  end = std::min(end, value.size());
  begin = std::min(begin, end);
  auto offset_of = [this](size_t i) {
    return offsets.empty() ? span.begin + static_cast<uint32_t>(i) : offsets[i];
  };
  SourceSpan place{span.buffer, offset_of(begin), offset_of(end)};
  if (end == begin) return place;
  // The next byte of the value may stand on the next line: leave out the line end and indentation
  // between, which belong to no byte of the range.
  std::string_view text = span.buffer->text();
  while (place.end > place.begin + 1 && !IsBlank(value[end - 1]) && IsBlank(text[place.end - 1])) {
    --place.end;
  }
  place.end = std::max(place.end, place.begin + 1);
  return place;
}

}  // namespace flinkc
