#include "compiler/explain/text_width.h"

#include <array>
#include <cstdint>

namespace flinkc {

namespace {

// Advance widths of DejaVu Sans for ' ' to '~', thousandths of the font's size.
constexpr std::array<uint16_t, 95> kWidths = {
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361,  318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635,  611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352,  635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592,  525, 636, 337, 636, 838};
constexpr double kBoldFactor = 1.12;
constexpr std::string_view kEllipsis = "…";

// Takes the next code point off the front of `text`; a byte that starts none is taken alone.
char32_t TakeCharacter(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  size_t length = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 1;
  if (length > text.size()) length = 1;
  for (size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) length = 1;
  }
  char32_t code = length == 1 ? first : first & (0xff >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  }
  text.remove_prefix(length);
  return code;
}

double WidthOf(char32_t code) {
  if (code >= ' ' && code <= '~') return kWidths[code - ' '] / 1000.0;
  if (code == 0xb7) return 0.318;  // the middle dot
  // Latin, Greek and Cyrillic are hardly wider than W is; from Hangul on, a full square.
  return code < 0x1100 ? 0.8 : 1.0;
}

}  // namespace

size_t CountCodePoints(std::string_view text) {
  size_t count = 0;
  while (!text.empty()) {
    TakeCharacter(text);
    ++count;
  }
  return count;
}

double TextWidth(std::string_view text, double font_size, bool bold) {
  double width = 0;
  while (!text.empty()) width += WidthOf(TakeCharacter(text));
  return width * font_size * (bold ? kBoldFactor : 1);
}

std::string Shorten(std::string_view text, double width, double font_size, bool bold) {
  if (TextWidth(text, font_size, bold) <= width) return std::string(text);
  const double room = width - TextWidth(kEllipsis, font_size, bold);
  const double scale = font_size * (bold ? kBoldFactor : 1);
  double used = 0;
  std::string_view rest = text;
  size_t kept = 0;
  while (!rest.empty()) {
    used += WidthOf(TakeCharacter(rest)) * scale;
    if (used > room) break;
    kept = text.size() - rest.size();
  }
  return std::string(text.substr(0, kept)) + std::string(kEllipsis);
}

std::vector<std::string> Wrap(std::string_view text, double width, double font_size, bool bold,
                              size_t lines_max) {
  std::vector<std::string> lines;
  while (lines.size() + 1 < lines_max && TextWidth(text, font_size, bold) > width) {
    // The last space up to which it fits; else the first one, behind a word that is too wide.
    size_t end = text.find(' ');
    for (size_t space = end; space != std::string_view::npos; space = text.find(' ', space + 1)) {
      if (TextWidth(text.substr(0, space), font_size, bold) > width) break;
      end = space;
    }
    if (end == std::string_view::npos) break;
    lines.push_back(Shorten(text.substr(0, end), width, font_size, bold));
    text.remove_prefix(end + 1);
  }
  lines.push_back(Shorten(text, width, font_size, bold));
  return lines;
}

}  // namespace flinkc
