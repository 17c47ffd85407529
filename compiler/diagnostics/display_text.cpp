#include "compiler/diagnostics/display_text.h"

#include <utf8proc.h>

namespace flinkc {

namespace {

constexpr size_t kTabWidth = 4;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

struct Shown {
  std::string_view bytes;  // of the source
  std::string text;
  size_t width = 1;
};

// U+2400 and on are pictures of the control characters.
std::string ControlPicture(unsigned char c) {
  unsigned char low = c == 0x7F ? 0x21 : c;
  return {'\xE2', '\x90', static_cast<char>(0x80 + low)};
}

// Signs that reorder or hide text (bidirectional overrides, zero-width) have no place in a line
// that is compared with carets by eye, nor in a message somebody trusts.
bool IsDeceptive(utf8proc_int32_t c) {
  return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF || (c >= 0x80 && c < 0xA0);
}

Shown Next(std::string_view text) {
  utf8proc_int32_t character = 0;
  utf8proc_ssize_t length =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                       static_cast<utf8proc_ssize_t>(text.size()), &character);
  if (length <= 0) return {text.substr(0, 1), std::string(kReplacement), 1};
  std::string_view bytes = text.substr(0, static_cast<size_t>(length));
  if (character < 0x20 || character == 0x7F) {
    return {bytes, ControlPicture(static_cast<unsigned char>(character)), 1};
  }
  if (IsDeceptive(character)) return {bytes, std::string(kReplacement), 1};
  return {bytes, std::string(bytes), static_cast<size_t>(utf8proc_charwidth(character))};
}

}  // namespace

DisplayLine MakeDisplayLine(std::string_view line) {
  DisplayLine shown;
  size_t column = 0;
  while (!line.empty()) {
    Shown next = line[0] == '\t' ? Shown{line.substr(0, 1), std::string(kTabWidth, ' '), kTabWidth}
                                 : Next(line);
    shown.text += next.text;
    shown.columns.insert(shown.columns.end(), next.bytes.size(), column);
    column += next.width;
    line.remove_prefix(next.bytes.size());
  }
  shown.columns.push_back(column);
  return shown;
}

std::string CutColumns(const DisplayLine& line, size_t begin, size_t end) {
  std::string cut;
  size_t column = 0;
  for (std::string_view rest = line.text; !rest.empty();) {
    Shown next = Next(rest);
    if (column >= begin && column + next.width <= end) cut += next.text;
    column += next.width;
    rest.remove_prefix(next.bytes.size());
  }
  return cut;
}

std::string CleanText(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    Shown next = Next(text);
    clean += next.text;
    text.remove_prefix(next.bytes.size());
  }
  return clean;
}

}  // namespace flinkc
