// Strings in JSON: the text between the quotes.
#include <cstring>

#include "runtime/data/text_writer.h"

namespace flinkc {

namespace {

// Whether one of the 8 bytes at `data` is a control character, a quote, a backslash or not ASCII.
bool NeedsCare(const char* data) {
  constexpr uint64_t kOnes = 0x0101010101010101ull;
  constexpr uint64_t kHigh = 0x8080808080808080ull;
  uint64_t word;
  std::memcpy(&word, data, sizeof(word));
  const uint64_t control = word - kOnes * 0x20;
  const uint64_t quote = (word ^ kOnes * '"') - kOnes;
  const uint64_t backslash = (word ^ kOnes * '\\') - kOnes;
  // Exact for ASCII; a borrow out of a lower byte only adds a false alarm.
  return ((word | control | quote | backslash) & kHigh) != 0;
}

// Length of the well-formed UTF-8 sequence at `data`, 0 if it is none (RFC 3629).
size_t SequenceLength(const unsigned char* data, size_t available) {
  const unsigned char first = data[0];
  if (first < 0x80) return 1;
  const size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                        : first >= 0xE0 && first <= 0xEF ? 3
                        : first >= 0xF0 && first <= 0xF4 ? 4
                                                         : 0;
  if (length == 0 || length > available) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((data[i] & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = data[1];
  if (first == 0xE0 && second < 0xA0) return 0;  // overlong
  if (first == 0xED && second > 0x9F) return 0;  // surrogate
  if (first == 0xF0 && second < 0x90) return 0;  // overlong
  if (first == 0xF4 && second > 0x8F) return 0;  // above U+10FFFF
  return length;
}

void AppendEscaped(std::string& out, unsigned char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
  }
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  size_t done = 0;  // text[0, done) is written
  size_t i = 0;
  while (i < text.size()) {
    if (i + 8 <= text.size() && !NeedsCare(text.data() + i)) {
      i += 8;
      continue;
    }
    const unsigned char c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
      ++i;
      continue;
    }
    const size_t length = SequenceLength(reinterpret_cast<const unsigned char*>(text.data()) + i,
                                         text.size() - i);
    if (c >= 0x80 && length != 0) {
      i += length;
      continue;
    }
    out.append(text, done, i - done);
    if (c >= 0x80) {
      out += "\xEF\xBF\xBD";
    } else {
      AppendEscaped(out, c);
    }
    done = ++i;
  }
  out.append(text, done, text.size() - done);
  out += '"';
}

}  // namespace flinkc
