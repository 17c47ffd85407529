#include "stdlib-operators/kernels/text_search.h"

#include "stdlib-operators/kernels/text.h"

namespace flinkc {
namespace {

int32_t Position(const StringValue& part, const StringValue& text, int64_t start) {
  if (start <= 0) return 0;
  const char* bytes = text.data();
  const uint32_t from = OffsetOfCharacter(bytes, text.size, static_cast<uint64_t>(start - 1));
  const uint32_t found = FindText(bytes, text.size, part.data(), part.size, from);
  return found == UINT32_MAX ? 0 : static_cast<int32_t>(CountCharacters(bytes, found)) + 1;
}

bool IsDigitByte(char c) { return c >= '0' && c <= '9'; }

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_position(const StringValue* part, const StringValue* text) {
  return Position(*part, *text, 1);
}

int32_t flinkc_position_from(const StringValue* part, const StringValue* text, int32_t start) {
  return Position(*part, *text, start);
}

int32_t flinkc_instr(const StringValue* text, const StringValue* part) {
  return Position(*part, *text, 1);
}

bool flinkc_startswith(const StringValue* text, const StringValue* part) {
  return part->size <= text->size && __builtin_memcmp(text->data(), part->data(), part->size) == 0;
}

bool flinkc_endswith(const StringValue* text, const StringValue* part) {
  return part->size <= text->size &&
         __builtin_memcmp(text->data() + text->size - part->size, part->data(), part->size) == 0;
}

int64_t flinkc_count_char(const StringValue* text, const StringValue* part) {
  const char* bytes = text->data();
  int64_t count = 0;
  if (part->size == 1) {
    const char wanted = *part->data();
    for (uint32_t i = 0; i < text->size; ++i) count += bytes[i] == wanted;
    return count;
  }
  if (part->size == 0) return 0;
  for (uint32_t i = 0;;) {
    const uint32_t found = FindText(bytes, text->size, part->data(), part->size, i);
    if (found == UINT32_MAX) return count;
    ++count;
    i = found + part->size;
  }
}

int32_t flinkc_ascii(const StringValue* text) {
  return text->size == 0 ? 0 : static_cast<unsigned char>(*text->data());
}

bool flinkc_is_digit(const StringValue* text, bool valid) {
  if (!valid || text->size == 0) return false;
  const char* bytes = text->data();
  for (uint32_t i = 0; i < text->size; ++i) {
    if (!IsDigitByte(bytes[i])) return false;
  }
  return true;
}

// "[+-]digits[.digits]" or "[+-].digits".
bool flinkc_is_decimal(const StringValue* text, bool valid) {
  if (!valid) return false;
  const char* bytes = text->data();
  uint32_t i = text->size > 0 && (bytes[0] == '-' || bytes[0] == '+') ? 1 : 0;
  uint32_t digits = 0;
  for (; i < text->size && IsDigitByte(bytes[i]); ++i) ++digits;
  if (i < text->size && bytes[i] == '.') ++i;
  for (; i < text->size && IsDigitByte(bytes[i]); ++i) ++digits;
  return digits > 0 && i == text->size;
}

}  // extern "C"
