#include "stdlib-operators/kernels/text.h"

#include <initializer_list>

namespace flinkc {
namespace {

StringValue Concatenate(KernelContext* context, std::initializer_list<const StringValue*> parts) {
  uint64_t total = 0;
  for (const StringValue* part : parts) total += part->size;
  // The arena's limit ends the job long before a value gets that long.
  if (total > UINT32_MAX) total = UINT32_MAX;
  char* bytes = AllocateBytes(context, static_cast<uint32_t>(total));
  uint32_t size = 0;
  for (const StringValue* part : parts) {
    const uint32_t room = static_cast<uint32_t>(total) - size;
    const uint32_t copied = part->size < room ? part->size : room;
    __builtin_memcpy(bytes + size, part->data(), copied);
    size += copied;
  }
  return MakeStringValue(bytes, size);
}

// A text that may be NULL.
struct MaybeText {
  const StringValue* text;
  bool valid;
};

int32_t ConcatenateWith(KernelContext* context, const StringValue* separator, bool valid,
                        std::initializer_list<MaybeText> parts, StringValue* out) {
  if (!valid) return kKernelNull;
  uint64_t total = 0;
  for (const MaybeText& part : parts) {
    if (part.valid) total += uint64_t{part.text->size} + separator->size;
  }
  // As in Concatenate: the arena's limit comes first.
  if (total > UINT32_MAX) return kKernelNull;
  char* bytes = AllocateBytes(context, static_cast<uint32_t>(total));
  uint32_t size = 0;
  bool first = true;
  for (const MaybeText& part : parts) {
    if (!part.valid) continue;
    if (!first) {
      __builtin_memcpy(bytes + size, separator->data(), separator->size);
      size += separator->size;
    }
    first = false;
    __builtin_memcpy(bytes + size, part.text->data(), part.text->size);
    size += part.text->size;
  }
  *out = MakeStringValue(bytes, size);
  return kKernelOk;
}

// Characters [start, start + length) of `a`, as Flink's substring: a negative start counts from the
// end, 0 is 1, a start outside of the text gives the empty text.
StringValue Substring(const StringValue& a, int64_t start, uint64_t length) {
  const char* text = a.data();
  uint32_t from = 0;
  if (start > 0) {
    from = OffsetOfCharacter(text, a.size, static_cast<uint64_t>(start - 1));
  } else if (start < 0) {
    const int64_t index = int64_t{CountCharacters(text, a.size)} + start;
    if (index < 0) return MakeStringValue(text, 0);
    from = OffsetOfCharacter(text, a.size, static_cast<uint64_t>(index));
  }
  return MakeStringValue(text + from, OffsetOfCharacter(text + from, a.size - from, length));
}

// Matches LIKE: % any text, _ one character; `escape` (a character, or empty) takes the next
// character as it is. Greedy with one point to return to: the last %.
bool Like(const StringValue& a, const StringValue& like, std::string_view escape) {
  const char* text = a.data();
  const char* pattern = like.data();
  uint32_t t = 0, p = 0;
  uint32_t percent = UINT32_MAX, retry = 0;  // where the pattern goes on after %, and the text
  while (t < a.size || p < like.size) {
    if (p < like.size) {
      uint32_t bytes = CharacterBytes(pattern, like.size, p);
      const bool escaped = !escape.empty() && bytes == escape.size() && p + bytes < like.size &&
                           __builtin_memcmp(pattern + p, escape.data(), bytes) == 0;
      if (!escaped && pattern[p] == '%') {
        percent = ++p;
        retry = t;
        continue;
      }
      const uint32_t literal = escaped ? p + bytes : p;
      if (escaped) bytes = CharacterBytes(pattern, like.size, literal);
      if (t < a.size) {
        if (!escaped && pattern[p] == '_') {
          t += CharacterBytes(text, a.size, t);
          ++p;
          continue;
        }
        if (a.size - t >= bytes && __builtin_memcmp(text + t, pattern + literal, bytes) == 0) {
          t += bytes;
          p = literal + bytes;
          continue;
        }
      }
    }
    if (percent == UINT32_MAX || retry >= a.size) return false;
    retry += CharacterBytes(text, a.size, retry);
    t = retry;
    p = percent;
  }
  return true;
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_concat_1(KernelContext* context, const StringValue* a1, StringValue* out) {
  *out = Concatenate(context, {a1});
  return kKernelOk;
}

int32_t flinkc_concat_2(KernelContext* context, const StringValue* a1, const StringValue* a2,
                        StringValue* out) {
  *out = Concatenate(context, {a1, a2});
  return kKernelOk;
}

int32_t flinkc_concat_3(KernelContext* context, const StringValue* a1, const StringValue* a2,
                        const StringValue* a3, StringValue* out) {
  *out = Concatenate(context, {a1, a2, a3});
  return kKernelOk;
}

int32_t flinkc_concat_4(KernelContext* context, const StringValue* a1, const StringValue* a2,
                        const StringValue* a3, const StringValue* a4, StringValue* out) {
  *out = Concatenate(context, {a1, a2, a3, a4});
  return kKernelOk;
}

int32_t flinkc_concat_5(KernelContext* context, const StringValue* a1, const StringValue* a2,
                        const StringValue* a3, const StringValue* a4, const StringValue* a5,
                        StringValue* out) {
  *out = Concatenate(context, {a1, a2, a3, a4, a5});
  return kKernelOk;
}

int32_t flinkc_concat_6(KernelContext* context, const StringValue* a1, const StringValue* a2,
                        const StringValue* a3, const StringValue* a4, const StringValue* a5,
                        const StringValue* a6, StringValue* out) {
  *out = Concatenate(context, {a1, a2, a3, a4, a5, a6});
  return kKernelOk;
}

int32_t flinkc_concat_7(KernelContext* context, const StringValue* a1, const StringValue* a2,
                        const StringValue* a3, const StringValue* a4, const StringValue* a5,
                        const StringValue* a6, const StringValue* a7, StringValue* out) {
  *out = Concatenate(context, {a1, a2, a3, a4, a5, a6, a7});
  return kKernelOk;
}

int32_t flinkc_concat_8(KernelContext* context, const StringValue* a1, const StringValue* a2,
                        const StringValue* a3, const StringValue* a4, const StringValue* a5,
                        const StringValue* a6, const StringValue* a7, const StringValue* a8,
                        StringValue* out) {
  *out = Concatenate(context, {a1, a2, a3, a4, a5, a6, a7, a8});
  return kKernelOk;
}

int32_t flinkc_concat_9(KernelContext* context, const StringValue* a1, const StringValue* a2,
                        const StringValue* a3, const StringValue* a4, const StringValue* a5,
                        const StringValue* a6, const StringValue* a7, const StringValue* a8,
                        const StringValue* a9, StringValue* out) {
  *out = Concatenate(context, {a1, a2, a3, a4, a5, a6, a7, a8, a9});
  return kKernelOk;
}

int32_t flinkc_concat_10(KernelContext* context, const StringValue* a1, const StringValue* a2,
                         const StringValue* a3, const StringValue* a4, const StringValue* a5,
                         const StringValue* a6, const StringValue* a7, const StringValue* a8,
                         const StringValue* a9, const StringValue* a10, StringValue* out) {
  *out = Concatenate(context, {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10});
  return kKernelOk;
}

int32_t flinkc_concat_11(KernelContext* context, const StringValue* a1, const StringValue* a2,
                         const StringValue* a3, const StringValue* a4, const StringValue* a5,
                         const StringValue* a6, const StringValue* a7, const StringValue* a8,
                         const StringValue* a9, const StringValue* a10, const StringValue* a11,
                         StringValue* out) {
  *out = Concatenate(context, {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11});
  return kKernelOk;
}

int32_t flinkc_concat_12(KernelContext* context, const StringValue* a1, const StringValue* a2,
                         const StringValue* a3, const StringValue* a4, const StringValue* a5,
                         const StringValue* a6, const StringValue* a7, const StringValue* a8,
                         const StringValue* a9, const StringValue* a10, const StringValue* a11,
                         const StringValue* a12, StringValue* out) {
  *out = Concatenate(context, {a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12});
  return kKernelOk;
}

int32_t flinkc_concat_ws_1(KernelContext* context, const StringValue* separator, bool valid,
                           const StringValue* a1, bool valid1, StringValue* out) {
  return ConcatenateWith(context, separator, valid, {{a1, valid1}}, out);
}

int32_t flinkc_concat_ws_2(KernelContext* context, const StringValue* separator, bool valid,
                           const StringValue* a1, bool valid1, const StringValue* a2, bool valid2,
                           StringValue* out) {
  return ConcatenateWith(context, separator, valid, {{a1, valid1}, {a2, valid2}}, out);
}

int32_t flinkc_concat_ws_3(KernelContext* context, const StringValue* separator, bool valid,
                           const StringValue* a1, bool valid1, const StringValue* a2, bool valid2,
                           const StringValue* a3, bool valid3, StringValue* out) {
  return ConcatenateWith(context, separator, valid, {{a1, valid1}, {a2, valid2}, {a3, valid3}},
                         out);
}

int32_t flinkc_concat_ws_4(KernelContext* context, const StringValue* separator, bool valid,
                           const StringValue* a1, bool valid1, const StringValue* a2, bool valid2,
                           const StringValue* a3, bool valid3, const StringValue* a4, bool valid4,
                           StringValue* out) {
  return ConcatenateWith(context, separator, valid,
                         {{a1, valid1}, {a2, valid2}, {a3, valid3}, {a4, valid4}}, out);
}

int32_t flinkc_concat_ws_5(KernelContext* context, const StringValue* separator, bool valid,
                           const StringValue* a1, bool valid1, const StringValue* a2, bool valid2,
                           const StringValue* a3, bool valid3, const StringValue* a4, bool valid4,
                           const StringValue* a5, bool valid5, StringValue* out) {
  return ConcatenateWith(context, separator, valid,
                         {{a1, valid1}, {a2, valid2}, {a3, valid3}, {a4, valid4}, {a5, valid5}},
                         out);
}

int32_t flinkc_concat_ws_6(KernelContext* context, const StringValue* separator, bool valid,
                           const StringValue* a1, bool valid1, const StringValue* a2, bool valid2,
                           const StringValue* a3, bool valid3, const StringValue* a4, bool valid4,
                           const StringValue* a5, bool valid5, const StringValue* a6, bool valid6,
                           StringValue* out) {
  return ConcatenateWith(
      context, separator, valid,
      {{a1, valid1}, {a2, valid2}, {a3, valid3}, {a4, valid4}, {a5, valid5}, {a6, valid6}}, out);
}

int32_t flinkc_concat_ws_7(KernelContext* context, const StringValue* separator, bool valid,
                           const StringValue* a1, bool valid1, const StringValue* a2, bool valid2,
                           const StringValue* a3, bool valid3, const StringValue* a4, bool valid4,
                           const StringValue* a5, bool valid5, const StringValue* a6, bool valid6,
                           const StringValue* a7, bool valid7, StringValue* out) {
  return ConcatenateWith(context, separator, valid,
                         {{a1, valid1},
                          {a2, valid2},
                          {a3, valid3},
                          {a4, valid4},
                          {a5, valid5},
                          {a6, valid6},
                          {a7, valid7}},
                         out);
}

int32_t flinkc_concat_ws_8(KernelContext* context, const StringValue* separator, bool valid,
                           const StringValue* a1, bool valid1, const StringValue* a2, bool valid2,
                           const StringValue* a3, bool valid3, const StringValue* a4, bool valid4,
                           const StringValue* a5, bool valid5, const StringValue* a6, bool valid6,
                           const StringValue* a7, bool valid7, const StringValue* a8, bool valid8,
                           StringValue* out) {
  return ConcatenateWith(context, separator, valid,
                         {{a1, valid1},
                          {a2, valid2},
                          {a3, valid3},
                          {a4, valid4},
                          {a5, valid5},
                          {a6, valid6},
                          {a7, valid7},
                          {a8, valid8}},
                         out);
}

int32_t flinkc_char_length(const StringValue* a) {
  return static_cast<int32_t>(CountCharacters(a->data(), a->size));
}

int32_t flinkc_octet_length(const StringValue* a) { return static_cast<int32_t>(a->size); }

int32_t flinkc_substring(const StringValue* a, int32_t start, StringValue* out) {
  *out = Substring(*a, start, UINT64_MAX);
  return kKernelOk;
}

int32_t flinkc_substring_length(const StringValue* a, int32_t start, int32_t length,
                                StringValue* out) {
  if (length < 0) return kKernelNull;
  *out = Substring(*a, start, static_cast<uint64_t>(length));
  return kKernelOk;
}

bool flinkc_like(const StringValue* a, const StringValue* pattern) {
  return Like(*a, *pattern, "\\");
}

bool flinkc_like_escape(const StringValue* a, const StringValue* pattern,
                        const StringValue* escape) {
  return Like(*a, *pattern, escape->view());
}

}  // extern "C"
