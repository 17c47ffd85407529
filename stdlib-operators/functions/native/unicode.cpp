#include "stdlib-operators/functions/native/unicode.h"

#include <utf8proc.h>

#include <cstring>

#include "stdlib-operators/kernels/text.h"

namespace flinkc {
namespace {

// Eight ASCII bytes with the letters kFirst to kLast changed to the other case.
template <char kFirst, char kLast>
uint64_t SwitchCase(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101ull;
  // The high bit of each byte says: at least kFirst; above kLast.
  const uint64_t from_first = word + kOnes * (0x80 - kFirst);
  const uint64_t above_last = word + kOnes * (0x7F - kLast);
  return word ^ ((from_first & ~above_last & (kOnes * 0x80)) >> 2);  // 'a' ^ 'A' == 0x20
}

template <char kFirst, char kLast>
StringValue MapAscii(KernelContext* context, const StringValue& a) {
  if (a.size <= StringValue::kInlineBytes) {
    // Both words of the view; the size in the first does not change.
    uint64_t words[2];
    std::memcpy(words, &a, sizeof(words));
    constexpr uint64_t kSizeMask = 0xFFFFFFFFull;
    words[0] = (words[0] & kSizeMask) | (SwitchCase<kFirst, kLast>(words[0] & ~kSizeMask));
    words[1] = SwitchCase<kFirst, kLast>(words[1]);
    StringValue mapped;
    std::memcpy(&mapped, words, sizeof(mapped));
    return mapped;
  }
  const char* text = a.data();
  char* bytes = AllocateBytes(context, a.size);
  uint32_t i = 0;
  for (; i + 8 <= a.size; i += 8) {
    uint64_t word;
    std::memcpy(&word, text + i, 8);
    word = SwitchCase<kFirst, kLast>(word);
    std::memcpy(bytes + i, &word, 8);
  }
  for (; i < a.size; ++i) {
    const char c = text[i];
    bytes[i] = static_cast<char>(c >= kFirst && c <= kLast ? c ^ 0x20 : c);
  }
  return MakeStringValue(bytes, a.size);
}

// Character by character (simple case mapping, as utf8proc has it); bytes that are not UTF-8 stay.
template <typename Map>
StringValue MapCharacters(KernelContext* context, const StringValue& a, Map map) {
  // No character of n bytes maps to one of more than 3 n.
  const uint64_t bound = uint64_t{a.size} * 3;
  char* bytes =
      AllocateBytes(context, static_cast<uint32_t>(bound < UINT32_MAX ? bound : UINT32_MAX));
  const auto* text = reinterpret_cast<const utf8proc_uint8_t*>(a.data());
  auto* cursor = reinterpret_cast<utf8proc_uint8_t*>(bytes);
  for (utf8proc_ssize_t i = 0; i < a.size;) {
    utf8proc_int32_t character;
    const utf8proc_ssize_t read = utf8proc_iterate(text + i, a.size - i, &character);
    if (read <= 0) {
      *cursor++ = text[i++];
      continue;
    }
    cursor += utf8proc_encode_char(map(character), cursor);
    i += read;
  }
  return MakeStringValue(bytes, static_cast<uint32_t>(reinterpret_cast<char*>(cursor) - bytes));
}

bool IsLetter(utf8proc_int32_t character) {
  const utf8proc_category_t category = utf8proc_category(character);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool IsLetterOrDigit(utf8proc_int32_t character) {
  return IsLetter(character) || utf8proc_category(character) == UTF8PROC_CATEGORY_ND;
}

// Upper case for the first of each run of letters and digits, lower case for the rest.
class Capitalizer {
 public:
  utf8proc_int32_t operator()(utf8proc_int32_t character) {
    const bool first = !within_;
    within_ = IsLetterOrDigit(character);
    return first ? utf8proc_toupper(character) : utf8proc_tolower(character);
  }

 private:
  bool within_ = false;
};

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_native_upper(KernelContext* context, const StringValue* a, StringValue* out) {
  *out = IsAscii(a->data(), a->size) ? MapAscii<'a', 'z'>(context, *a)
                                     : MapCharacters(context, *a, utf8proc_toupper);
  return kKernelOk;
}

int32_t flinkc_native_lower(KernelContext* context, const StringValue* a, StringValue* out) {
  *out = IsAscii(a->data(), a->size) ? MapAscii<'A', 'Z'>(context, *a)
                                     : MapCharacters(context, *a, utf8proc_tolower);
  return kKernelOk;
}

int32_t flinkc_native_initcap(KernelContext* context, const StringValue* a, StringValue* out) {
  *out = MapCharacters(context, *a, Capitalizer());
  return kKernelOk;
}

bool flinkc_native_is_alpha(const StringValue* a, bool valid) {
  if (!valid || a->size == 0) return false;
  const auto* text = reinterpret_cast<const utf8proc_uint8_t*>(a->data());
  for (utf8proc_ssize_t i = 0; i < a->size;) {
    utf8proc_int32_t character;
    const utf8proc_ssize_t read = utf8proc_iterate(text + i, a->size - i, &character);
    if (read <= 0 || !IsLetter(character)) return false;
    i += read;
  }
  return true;
}

}  // extern "C"
