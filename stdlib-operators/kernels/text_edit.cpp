#include "stdlib-operators/kernels/text_edit.h"

#include "stdlib-operators/kernels/text.h"
#include "stdlib-operators/kernels/text_search.h"

namespace flinkc {
namespace {

struct Ends {
  uint32_t begin;
  uint32_t end;
};

StringValue Slice(const StringValue& a, Ends ends) {
  return MakeStringValue(a.data() + ends.begin, ends.end - ends.begin);
}

Ends TrimSpace(const StringValue& a, bool left, bool right) {
  const char* text = a.data();
  Ends ends{0, a.size};
  while (left && ends.begin < ends.end && text[ends.begin] == ' ') ++ends.begin;
  while (right && ends.end > ends.begin && text[ends.end - 1] == ' ') --ends.end;
  return ends;
}

// Whether the character at [text, text + bytes) is one of `characters`.
bool IsOneOf(const char* text, uint32_t bytes, const StringValue& characters) {
  const char* set = characters.data();
  for (uint32_t i = 0; i < characters.size;) {
    const uint32_t size = CharacterBytes(set, characters.size, i);
    if (size == bytes && __builtin_memcmp(set + i, text, bytes) == 0) return true;
    i += size;
  }
  return false;
}

Ends TrimCharacters(const StringValue& a, const StringValue& characters, bool left, bool right) {
  const char* text = a.data();
  Ends ends{0, a.size};
  while (left && ends.begin < ends.end) {
    const uint32_t bytes = CharacterBytes(text, a.size, ends.begin);
    if (!IsOneOf(text + ends.begin, bytes, characters)) break;
    ends.begin += bytes;
  }
  while (right && ends.end > ends.begin) {
    uint32_t start = ends.end - 1;
    while (start > ends.begin && !StartsCharacter(text[start])) --start;
    if (!IsOneOf(text + start, ends.end - start, characters)) break;
    ends.end = start;
  }
  return ends;
}

// `count` characters of `pad`, over and over, written to `out`; the bytes written.
uint32_t WritePadding(const StringValue& pad, uint32_t count, char* out) {
  const char* text = pad.data();
  uint32_t size = 0;
  for (uint32_t i = 0; count > 0; --count) {
    const uint32_t bytes = CharacterBytes(text, pad.size, i);
    __builtin_memcpy(out + size, text + i, bytes);
    size += bytes;
    i = i + bytes == pad.size ? 0 : i + bytes;
  }
  return size;
}

// lpad and rpad: `a` brought to `length` characters.
int32_t Pad(KernelContext* context, const StringValue& a, int32_t length, const StringValue& pad,
            bool left, StringValue* out) {
  if (length < 0 || pad.size == 0) return kKernelNull;
  const char* text = a.data();
  const uint32_t characters = CountCharacters(text, a.size);
  const auto wanted = static_cast<uint32_t>(length);
  if (characters >= wanted) {
    *out = MakeStringValue(text, OffsetOfCharacter(text, a.size, wanted));
    return kKernelOk;
  }
  const uint32_t missing = wanted - characters;
  const uint32_t in_pad = CountCharacters(pad.data(), pad.size);
  // Whole turns of the pad, and the last one in part.
  const uint64_t bound = uint64_t{a.size} + (uint64_t{missing} / in_pad + 1) * pad.size;
  if (bound > kTextBytesMax) return Failure(RowStatus::kValueTooLong);
  char* bytes = AllocateBytes(context, static_cast<uint32_t>(bound));
  uint32_t size = 0;
  if (left) size += WritePadding(pad, missing, bytes);
  __builtin_memcpy(bytes + size, text, a.size);
  size += a.size;
  if (!left) size += WritePadding(pad, missing, bytes + size);
  *out = MakeStringValue(bytes, size);
  return kKernelOk;
}

// Flink's overlay: `by` in place of `length` characters from `start` on; a start outside of the
// text leaves it as it is.
StringValue Overlay(KernelContext* context, const StringValue& a, const StringValue& by,
                    int64_t start, int64_t length) {
  const char* text = a.data();
  const uint32_t characters = CountCharacters(text, a.size);
  if (start <= 0 || start > characters) return a;
  const uint32_t head = OffsetOfCharacter(text, a.size, static_cast<uint64_t>(start - 1));
  uint32_t tail = a.size;
  if (length > 0 && start + length <= characters) {
    tail = OffsetOfCharacter(text, a.size, static_cast<uint64_t>(start - 1 + length));
  }
  const uint32_t size = head + by.size + (a.size - tail);
  char* bytes = AllocateBytes(context, size);
  __builtin_memcpy(bytes, text, head);
  __builtin_memcpy(bytes + head, by.data(), by.size);
  __builtin_memcpy(bytes + head + by.size, text + tail, a.size - tail);
  return MakeStringValue(bytes, size);
}

// Whether the character at `offset` of `a` stands in `from`; at which place.
int64_t PlaceOf(const char* character, uint32_t bytes, const StringValue& from) {
  const char* set = from.data();
  int64_t place = 0;
  for (uint32_t i = 0; i < from.size; ++place) {
    const uint32_t size = CharacterBytes(set, from.size, i);
    if (size == bytes && __builtin_memcmp(set + i, character, bytes) == 0) return place;
    i += size;
  }
  return -1;
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_trim(const StringValue* a, StringValue* out) {
  *out = Slice(*a, TrimSpace(*a, true, true));
  return kKernelOk;
}
int32_t flinkc_ltrim(const StringValue* a, StringValue* out) {
  *out = Slice(*a, TrimSpace(*a, true, false));
  return kKernelOk;
}
int32_t flinkc_rtrim(const StringValue* a, StringValue* out) {
  *out = Slice(*a, TrimSpace(*a, false, true));
  return kKernelOk;
}
int32_t flinkc_trim_of(const StringValue* a, const StringValue* characters, StringValue* out) {
  *out = Slice(*a, TrimCharacters(*a, *characters, true, true));
  return kKernelOk;
}
int32_t flinkc_ltrim_of(const StringValue* a, const StringValue* characters, StringValue* out) {
  *out = Slice(*a, TrimCharacters(*a, *characters, true, false));
  return kKernelOk;
}
int32_t flinkc_rtrim_of(const StringValue* a, const StringValue* characters, StringValue* out) {
  *out = Slice(*a, TrimCharacters(*a, *characters, false, true));
  return kKernelOk;
}

int32_t flinkc_lpad(KernelContext* context, const StringValue* a, int32_t length,
                    const StringValue* pad, StringValue* out) {
  return Pad(context, *a, length, *pad, true, out);
}
int32_t flinkc_rpad(KernelContext* context, const StringValue* a, int32_t length,
                    const StringValue* pad, StringValue* out) {
  return Pad(context, *a, length, *pad, false, out);
}

int32_t flinkc_left(const StringValue* a, int32_t length, StringValue* out) {
  const char* text = a->data();
  const uint64_t wanted = length > 0 ? static_cast<uint64_t>(length) : 0;
  *out = MakeStringValue(text, OffsetOfCharacter(text, a->size, wanted));
  return kKernelOk;
}

int32_t flinkc_right(const StringValue* a, int32_t length, StringValue* out) {
  const char* text = a->data();
  uint32_t begin = a->size;
  for (int64_t wanted = length; wanted > 0 && begin > 0; --wanted) {
    do --begin;
    while (begin > 0 && !StartsCharacter(text[begin]));
  }
  *out = MakeStringValue(text + begin, a->size - begin);
  return kKernelOk;
}

int32_t flinkc_repeat(KernelContext* context, const StringValue* a, int32_t times,
                      StringValue* out) {
  const uint64_t size = times > 0 ? uint64_t{a->size} * static_cast<uint64_t>(times) : 0;
  if (size > kTextBytesMax) return Failure(RowStatus::kValueTooLong);
  char* bytes = AllocateBytes(context, static_cast<uint32_t>(size));
  for (uint64_t i = 0; i < size; i += a->size) __builtin_memcpy(bytes + i, a->data(), a->size);
  *out = MakeStringValue(bytes, static_cast<uint32_t>(size));
  return kKernelOk;
}

int32_t flinkc_reverse(KernelContext* context, const StringValue* a, StringValue* out) {
  const char* text = a->data();
  char* bytes = AllocateBytes(context, a->size);
  for (uint32_t i = 0; i < a->size;) {
    const uint32_t size = CharacterBytes(text, a->size, i);
    __builtin_memcpy(bytes + a->size - i - size, text + i, size);
    i += size;
  }
  *out = MakeStringValue(bytes, a->size);
  return kKernelOk;
}

int32_t flinkc_replace(KernelContext* context, const StringValue* a, const StringValue* from,
                       const StringValue* to, StringValue* out) {
  const char* text = a->data();
  uint64_t count = 0;
  if (from->size > 0) {
    for (uint32_t i = 0; (i = FindText(text, a->size, from->data(), from->size, i)) != UINT32_MAX;
         i += from->size) {
      ++count;
    }
  }
  if (count == 0) {
    *out = *a;
    return kKernelOk;
  }
  const uint64_t size = a->size + count * to->size - count * from->size;
  if (size > UINT32_MAX) {
    *out = *a;
    return Failure(RowStatus::kValueTooLong);
  }
  char* bytes = AllocateBytes(context, static_cast<uint32_t>(size));
  uint32_t written = 0;
  for (uint32_t i = 0; i < a->size;) {
    uint32_t found = FindText(text, a->size, from->data(), from->size, i);
    if (found == UINT32_MAX) found = a->size;
    __builtin_memcpy(bytes + written, text + i, found - i);
    written += found - i;
    if (found == a->size) break;
    __builtin_memcpy(bytes + written, to->data(), to->size);
    written += to->size;
    i = found + from->size;
  }
  *out = MakeStringValue(bytes, written);
  return kKernelOk;
}

int32_t flinkc_translate(KernelContext* context, const StringValue* a, const StringValue* from,
                         const StringValue* to, StringValue* out) {
  const char* text = a->data();
  // A character takes at most 4 bytes.
  const uint64_t bound = uint64_t{a->size} * 4;
  char* bytes =
      AllocateBytes(context, static_cast<uint32_t>(bound > UINT32_MAX ? UINT32_MAX : bound));
  uint32_t size = 0;
  for (uint32_t i = 0; i < a->size;) {
    const uint32_t character = CharacterBytes(text, a->size, i);
    const int64_t place = PlaceOf(text + i, character, *from);
    if (place < 0) {
      __builtin_memcpy(bytes + size, text + i, character);
      size += character;
    } else {
      const uint32_t at = OffsetOfCharacter(to->data(), to->size, static_cast<uint64_t>(place));
      if (at < to->size) {
        const uint32_t replacement = CharacterBytes(to->data(), to->size, at);
        const uint32_t copied = replacement > 4 ? 4 : replacement;
        __builtin_memcpy(bytes + size, to->data() + at, copied);
        size += copied;
      }
    }
    i += character;
  }
  *out = MakeStringValue(bytes, size);
  return kKernelOk;
}

int32_t flinkc_overlay(KernelContext* context, const StringValue* a, const StringValue* by,
                       int32_t start, StringValue* out) {
  *out = Overlay(context, *a, *by, start, CountCharacters(by->data(), by->size));
  return kKernelOk;
}

int32_t flinkc_overlay_length(KernelContext* context, const StringValue* a, const StringValue* by,
                              int32_t start, int32_t length, StringValue* out) {
  *out = Overlay(context, *a, *by, start, length);
  return kKernelOk;
}

int32_t flinkc_split_index(const StringValue* a, const StringValue* separator, int32_t index,
                           StringValue* out) {
  if (index < 0 || a->size == 0) return kKernelNull;
  const char* text = a->data();
  if (separator->size == 0) {
    if (index > 0) return kKernelNull;
    *out = *a;
    return kKernelOk;
  }
  uint32_t begin = 0;
  if (separator->size == 1) {
    const char wanted = *separator->data();
    if (index > 0) {
      const uint32_t before = FindByte(text, a->size, wanted, 0, static_cast<uint32_t>(index) - 1);
      if (before == UINT32_MAX) return kKernelNull;
      begin = before + 1;
    }
    const uint32_t found = FindByte(text, a->size, wanted, begin);
    *out = MakeStringValue(text + begin, (found == UINT32_MAX ? a->size : found) - begin);
    return kKernelOk;
  }
  for (;; --index) {
    const uint32_t found = FindText(text, a->size, separator->data(), separator->size, begin);
    const uint32_t end = found == UINT32_MAX ? a->size : found;
    if (index == 0) {
      *out = MakeStringValue(text + begin, end - begin);
      return kKernelOk;
    }
    if (found == UINT32_MAX) return kKernelNull;
    begin = found + separator->size;
  }
}

}  // extern "C"
