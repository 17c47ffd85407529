#include "compiler/source/utf8.h"

namespace flinkc {

namespace {

bool IsContinuation(unsigned char c) { return (c & 0xC0) == 0x80; }

// The length of the character at the start of `text`, or 0 if there is no valid one.
size_t CharacterLength(std::string_view text) {
  auto at = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return IsContinuation(at(1)) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    unsigned lowest = lead == 0xE0 ? 0xA0 : 0x80;
    unsigned highest = lead == 0xED ? 0x9F : 0xBF;
    bool ok = at(1) >= lowest && at(1) <= highest && IsContinuation(at(2));
    return ok ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    unsigned lowest = lead == 0xF0 ? 0x90 : 0x80;
    unsigned highest = lead == 0xF4 ? 0x8F : 0xBF;
    bool ok = at(1) >= lowest && at(1) <= highest && IsContinuation(at(2)) && IsContinuation(at(3));
    return ok ? 4 : 0;
  }
  return 0;
}

}  // namespace

size_t ValidUtf8Prefix(std::string_view text) {
  size_t position = 0;
  while (position < text.size()) {
    size_t length = CharacterLength(text.substr(position));
    if (length == 0) break;
    position += length;
  }
  return position;
}

}  // namespace flinkc
