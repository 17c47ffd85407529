#include "compiler/spec/scalar_positions.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

namespace flinkc {

namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t'; }

void AppendUtf8(uint32_t c, std::string& out) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

// Walks the source beside the value and notes where each byte of the value comes from.
class Walker {
 public:
  Walker(std::string_view source, uint32_t begin, std::string_view value)
      : source_(source), at_(begin), value_(value) {
    offsets_.reserve(value.size() + 1);
  }

  bool WalkFlow(ScalarStyle style);
  bool WalkBlock();

  // The place behind the last byte of the value.
  uint32_t at() const { return at_; }
  bool is_closed() const { return is_closed_; }
  std::vector<uint32_t> TakeOffsets() { return std::move(offsets_); }

 private:
  bool at_end() const { return at_ >= source_.size(); }
  bool is_done() const { return offsets_.size() == value_.size(); }
  char next_value() const { return value_[offsets_.size()]; }
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }
  // The length of the line end at `position`, or 0.
  size_t LineEnd(size_t position) const {
    if (position < source_.size() && source_[position] == '\n') return 1;
    return source_.substr(std::min(position, source_.size())).starts_with("\r\n") ? 2 : 0;
  }

  // The next byte of the value is `c` and comes from `offset`.
  bool Take(char c, uint32_t offset) {
    if (is_done() || next_value() != c) return false;
    offsets_.push_back(offset);
    return true;
  }
  bool TakeAll(std::string_view bytes, uint32_t offset) {
    return std::all_of(bytes.begin(), bytes.end(), [&](char c) { return Take(c, offset); });
  }

  // The line end that stands next, perhaps after blanks, or false if there is none.
  bool FindLineEnd(size_t* position) const {
    size_t p = at_;
    while (p < source_.size() && IsSpace(source_[p])) ++p;
    *position = p;
    return LineEnd(p) != 0;
  }
  bool WalkFold(size_t line_end);
  bool WalkEscape();
  bool SkipBlockHeader();
  size_t BlockIndent() const;
  void SkipIndent(size_t indent) {
    for (size_t i = 0; i < indent && Peek() == ' '; ++i) ++at_;
  }

  std::string_view source_;
  uint32_t at_;
  std::string_view value_;
  std::vector<uint32_t> offsets_;
  bool is_closed_ = true;
};

// One line end within plain or quoted text is a space; each further one is a line end.
bool Walker::WalkFold(size_t line_end) {
  std::vector<uint32_t> line_ends;
  size_t p = line_end;
  while (size_t length = LineEnd(p)) {
    line_ends.push_back(static_cast<uint32_t>(p));
    p += length;
    while (p < source_.size() && IsSpace(source_[p])) ++p;
  }
  at_ = static_cast<uint32_t>(p);
  // yaml-cpp leaves line ends out where blank lines stand before the closing quote.
  if (is_done()) return true;
  if (line_ends.size() == 1) return Take(' ', line_ends[0]);
  line_ends.pop_back();
  for (uint32_t offset : line_ends) {
    if (!Take('\n', offset)) break;
  }
  return true;
}

bool Walker::WalkEscape() {
  uint32_t start = at_;
  ++at_;  // the backslash
  if (size_t length = LineEnd(at_)) {
    at_ += static_cast<uint32_t>(length);
    while (!at_end() && IsSpace(Peek())) ++at_;
    // Behind an escaped line end each empty line is one.
    while ((length = LineEnd(at_)) != 0 && Take('\n', at_)) {
      at_ += static_cast<uint32_t>(length);
      while (!at_end() && IsSpace(Peek())) ++at_;
    }
    return true;
  }
  char c = Peek();
  ++at_;
  size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  std::string bytes;
  if (digits > 0) {
    uint32_t code = 0;
    for (size_t i = 0; i < digits; ++i, ++at_) {
      char d = Peek();
      uint32_t digit = d >= '0' && d <= '9'   ? static_cast<uint32_t>(d - '0')
                       : d >= 'a' && d <= 'f' ? static_cast<uint32_t>(d - 'a' + 10)
                       : d >= 'A' && d <= 'F' ? static_cast<uint32_t>(d - 'A' + 10)
                                              : 16;
      if (digit == 16) return false;
      code = code * 16 + digit;
    }
    AppendUtf8(code, bytes);
    return TakeAll(bytes, start);
  }
  constexpr std::string_view kLetters = "0abt\tnvfre \"/\\'";
  constexpr std::string_view kBytes("\0\a\b\t\t\n\v\f\r\x1b \"/\\'", 15);
  if (size_t i = kLetters.find(c); i != std::string_view::npos) return Take(kBytes[i], start);
  switch (c) {
    case 'N':
      AppendUtf8(0x85, bytes);
      break;
    case '_':
      AppendUtf8(0xA0, bytes);
      break;
    case 'L':
      AppendUtf8(0x2028, bytes);
      break;
    case 'P':
      AppendUtf8(0x2029, bytes);
      break;
    default:
      return false;
  }
  return TakeAll(bytes, start);
}

bool Walker::WalkFlow(ScalarStyle style) {
  char quote = style == ScalarStyle::kSingleQuoted   ? '\''
               : style == ScalarStyle::kDoubleQuoted ? '"'
                                                     : '\0';
  if (quote != '\0') ++at_;
  while (quote != '\0' || !is_done()) {
    size_t line_end = 0;
    if (at_end()) {
      is_closed_ = quote == '\0';
      return false;
    }
    if (FindLineEnd(&line_end)) {
      if (!WalkFold(line_end)) return false;
    } else if (quote == '\'' && Peek() == '\'' && Peek(1) == '\'') {
      if (!Take('\'', at_)) return false;
      at_ += 2;
    } else if (quote != '\0' && Peek() == quote) {
      break;
    } else if (quote == '"' && Peek() == '\\') {
      if (!WalkEscape()) return false;
    } else {
      if (!Take(Peek(), at_)) return false;
      ++at_;
    }
  }
  return is_done();
}

// `|`, `>-`, `|2+ # comment`
bool Walker::SkipBlockHeader() {
  while (!at_end() && LineEnd(at_) == 0) ++at_;
  if (at_end()) return false;
  at_ += static_cast<uint32_t>(LineEnd(at_));
  return true;
}

// The indentation that the value lacks: the difference on the first line that is not blank.
size_t Walker::BlockIndent() const {
  auto leading_of_first_text = [](std::string_view text) {
    size_t leading = 0;
    for (char c : text) {
      if (c == '\n') {
        leading = 0;
      } else if (c == ' ') {
        ++leading;
      } else if (c != '\r') {
        break;
      }
    }
    return leading;
  };
  size_t in_source = leading_of_first_text(source_.substr(at_));
  size_t in_value = leading_of_first_text(value_);
  return in_source > in_value ? in_source - in_value : 0;
}

bool Walker::WalkBlock() {
  if (!SkipBlockHeader()) return value_.empty();
  size_t indent = BlockIndent();
  SkipIndent(indent);
  while (!is_done()) {
    if (at_end()) return false;
    if (size_t length = LineEnd(at_)) {
      // Folding makes some line ends spaces and leaves some out.
      if (next_value() == '\n' || next_value() == ' ') Take(next_value(), at_);
      at_ += static_cast<uint32_t>(length);
      SkipIndent(indent);
    } else {
      if (!Take(Peek(), at_)) return false;
      ++at_;
    }
  }
  return true;
}

uint32_t EndOfLine(std::string_view source, uint32_t begin) {
  size_t end = source.find('\n', begin);
  if (end == std::string_view::npos) end = source.size();
  while (end > begin && (IsSpace(source[end - 1]) || source[end - 1] == '\r')) --end;
  return static_cast<uint32_t>(end);
}

}  // namespace

ScalarPositions LocateScalar(std::string_view source, uint32_t begin, std::string_view value,
                             ScalarStyle style) {
  ScalarPositions positions;
  if (style == ScalarStyle::kPlain && source.substr(begin).starts_with(value)) {
    positions.end = begin + static_cast<uint32_t>(value.size());
    return positions;
  }
  Walker walker(source, begin, value);
  positions.is_aligned = style == ScalarStyle::kBlock ? walker.WalkBlock() : walker.WalkFlow(style);
  positions.is_closed = walker.is_closed();
  if (!positions.is_aligned) {
    positions.end = EndOfLine(source, begin);
    positions.offsets.assign(value.size() + 1, begin);
    positions.offsets.back() = positions.end;
    return positions;
  }
  positions.offsets = walker.TakeOffsets();
  uint32_t end_of_value = walker.at();
  positions.end = end_of_value;
  if (style == ScalarStyle::kSingleQuoted || style == ScalarStyle::kDoubleQuoted) {
    ++positions.end;
  } else if (style == ScalarStyle::kBlock) {
    // Not the line ends behind the last text, kept or not.
    while (positions.end > begin + 1 &&
           (IsSpace(source[positions.end - 1]) || source[positions.end - 1] == '\n' ||
            source[positions.end - 1] == '\r')) {
      --positions.end;
    }
  }
  positions.offsets.push_back(end_of_value);
  return positions;
}

}  // namespace flinkc
