// How wide a text will be without asking a font: an embedded table of a wide sans (DejaVu Sans), so
// what is estimated here also holds Arial, Helvetica and Liberation Sans.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace flinkc {

// Code points of a UTF-8 text; every stray byte counts as one.
size_t CountCodePoints(std::string_view text);
// Width in the unit of `font_size`.
double TextWidth(std::string_view text, double font_size, bool bold = false);
// `text`, or its beginning with an ellipsis, so that it fits into `width`. Never cuts a character.
std::string Shorten(std::string_view text, double width, double font_size, bool bold = false);
// `text` broken at spaces into lines that fit into `width`, at most `lines_max` of them: the last
// one ends with an ellipsis if there is more, and so does any word that is wider than a line.
std::vector<std::string> Wrap(std::string_view text, double width, double font_size, bool bold,
                              size_t lines_max);

}  // namespace flinkc
