#include "stdlib-operators/functions/native/array.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "stdlib-operators/functions/native/element_list.h"
#include "stdlib-operators/kernels/array_builder.h"

namespace flinkc {
namespace {

constexpr uint32_t kRowSlotBytes = 16;

const StringValue& ViewOf(const PackedArgument& argument) {
  return *reinterpret_cast<const StringValue*>(argument.bytes);
}

ElementKind KindOf(int64_t kind) { return static_cast<ElementKind>(kind); }
ElementKind KindOf(const PackedArgument& argument) { return KindOf(int64_t{argument.kind}); }

// The first of `elements` that is `wanted`, from 1; 0: none.
int32_t PositionOf(const StringValue& array, const Element& wanted, ElementKind kind) {
  const NestedReader reader = NestedReader::Open(array);
  for (uint32_t slot = 0; slot < reader.header.count; ++slot) {
    if (SameElement(ElementAt(reader, slot, kind), wanted, kind)) {
      return static_cast<int32_t>(slot + 1);
    }
  }
  return 0;
}

// Elements of `a`, each once: those that `other` has, or has not.
int32_t GiveSelected(KernelContext* context, const StringValue& a, const StringValue& b,
                     int64_t kind, bool in_other, StringValue* out) {
  ElementSet other(KindOf(kind)), seen(KindOf(kind));
  for (const Element& element : ElementsOf(b, KindOf(kind))) other.Insert(element);
  ElementList kept;
  for (const Element& element : ElementsOf(a, KindOf(kind))) {
    if (other.Contains(element) == in_other && seen.Insert(element)) kept.push_back(element);
  }
  return GiveArray(context, kept, KindOf(kind), out);
}

int32_t GiveDistinct(KernelContext* context, const ElementList& elements, int64_t kind,
                     StringValue* out) {
  ElementSet seen(KindOf(kind));
  ElementList kept;
  for (const Element& element : elements) {
    if (seen.Insert(element)) kept.push_back(element);
  }
  return GiveArray(context, kept, KindOf(kind), out);
}

int32_t GiveSlice(KernelContext* context, const StringValue& array, int64_t start, int64_t end,
                  int64_t kind, StringValue* out) {
  const NestedReader reader = NestedReader::Open(array);
  const int64_t count = reader.header.count;
  // As Flink: 0 is the first; what lies outside is cut off.
  if (start < 0) start += count + 1;
  if (end < 0) end += count + 1;
  start = std::max<int64_t>(start, 1);
  end = end == 0 ? 1 : std::min(end, count);
  ElementList slice;
  for (int64_t i = start; i <= end && i <= count; ++i) {
    slice.push_back(ElementAt(reader, static_cast<uint32_t>(i - 1), KindOf(kind)));
  }
  return GiveArray(context, slice, KindOf(kind), out);
}

int32_t GiveSorted(KernelContext* context, const StringValue& array, bool ascending,
                   bool nulls_first, int64_t kind, StringValue* out) {
  ElementList elements = ElementsOf(array, KindOf(kind));
  std::ranges::sort(elements, [&](const Element& a, const Element& b) {
    if (a.is_null() || b.is_null()) {
      return a.is_null() != b.is_null() && a.is_null() == nulls_first;
    }
    const int32_t order = CompareElements(a, b, KindOf(kind));
    return ascending ? order < 0 : order > 0;
  });
  return GiveArray(context, elements, KindOf(kind), out);
}

// `sign`: -1 for the smallest, 1 for the largest.
int32_t GiveExtreme(const ElementList& elements, ElementKind kind, int32_t sign, void* out) {
  const Element* best = nullptr;
  for (const Element& element : elements) {
    if (element.is_null()) continue;
    if (best == nullptr || CompareElements(element, *best, kind) == sign) best = &element;
  }
  if (best == nullptr) return kKernelNull;
  GiveValue(*best, kind, out);
  return kKernelOk;
}

int32_t GiveExtremeArgument(const PackedArgument* arguments, int64_t count, int32_t sign,
                            void* out) {
  ElementList elements;
  for (int64_t i = 0; i < count; ++i) elements.push_back(ElementOf(arguments[i]));
  return GiveExtreme(elements, KindOf(arguments[0]), sign, out);
}

int32_t GiveJoined(KernelContext* context, const StringValue& array, std::string_view separator,
                   std::optional<std::string_view> null_text, StringValue* out) {
  std::string_view before;
  uint64_t size = 0;
  std::vector<std::string_view> pieces;
  for (const Element& element : ElementsOf(array, ElementKind::kText)) {
    if (element.is_null() && !null_text) continue;
    pieces.push_back(before);
    pieces.push_back(element.is_null() ? *null_text
                                       : std::string_view(element.bytes, element.size));
    size += before.size() + pieces.back().size();
    before = separator;
  }
  if (size > UINT32_MAX) return kKernelNull;
  char* const text = AllocateBytes(context, static_cast<uint32_t>(size));
  char* end = text;
  for (std::string_view piece : pieces) {
    if (!piece.empty()) std::memcpy(end, piece.data(), piece.size());
    end += piece.size();
  }
  *out = MakeStringValue(text, static_cast<uint32_t>(size));
  return kKernelOk;
}

// Bytes of the UTF-8 character that begins `text`.
size_t CharacterBytes(std::string_view text) {
  size_t bytes = 1;
  while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) ++bytes;
  return bytes;
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_native_array(KernelContext* context, const PackedArgument* arguments, int64_t count,
                            StringValue* out) {
  ElementList elements;
  elements.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) elements.push_back(ElementOf(arguments[i]));
  return GiveArray(context, elements, KindOf(arguments[0]), out);
}

int32_t flinkc_native_row(KernelContext* context, const PackedArgument* arguments, int64_t count,
                          StringValue* out) {
  uint64_t text_bytes = 0;
  for (int64_t i = 0; i < count; ++i) {
    if (IsView(KindOf(arguments[i]))) text_bytes += ElementOf(arguments[i]).size;
  }
  ArrayBuilder builder(context, static_cast<uint64_t>(count), kRowSlotBytes, text_bytes);
  if (!builder.is_valid()) return kKernelNull;
  for (uint32_t i = 0; i < count; ++i) {
    const Element field = ElementOf(arguments[i]);
    if (field.is_null()) continue;
    if (IsView(KindOf(arguments[i]))) {
      builder.SetText(i, field.bytes, field.size);
      continue;
    }
    char slot[kRowSlotBytes] = {};
    std::memcpy(slot, field.bytes, field.size);
    builder.SetFixed(i, slot);
  }
  *out = builder.Finish();
  return kKernelOk;
}

int32_t flinkc_native_array_append(KernelContext* context, const PackedArgument* arguments,
                                   int64_t count, StringValue* out) {
  if (!arguments[0].valid) return kKernelNull;
  const ElementKind kind = KindOf(arguments[1]);
  ElementList elements = ElementsOf(ViewOf(arguments[0]), kind);
  elements.push_back(ElementOf(arguments[1]));
  return GiveArray(context, elements, kind, out);
}

int32_t flinkc_native_array_prepend(KernelContext* context, const PackedArgument* arguments,
                                    int64_t count, StringValue* out) {
  if (!arguments[0].valid) return kKernelNull;
  const ElementKind kind = KindOf(arguments[1]);
  ElementList elements = {ElementOf(arguments[1])};
  AppendElements(ViewOf(arguments[0]), kind, &elements);
  return GiveArray(context, elements, kind, out);
}

int32_t flinkc_native_array_remove(KernelContext* context, const PackedArgument* arguments,
                                   int64_t count, StringValue* out) {
  if (!arguments[0].valid) return kKernelNull;
  const ElementKind kind = KindOf(arguments[1]);
  const Element removed = ElementOf(arguments[1]);
  ElementList elements = ElementsOf(ViewOf(arguments[0]), kind);
  std::erase_if(elements,
                [&](const Element& element) { return SameElement(element, removed, kind); });
  return GiveArray(context, elements, kind, out);
}

int32_t flinkc_native_array_contains(const PackedArgument* arguments, int64_t count, bool* out) {
  if (!arguments[0].valid) return kKernelNull;
  const Element wanted = ElementOf(arguments[1]);
  *out = PositionOf(ViewOf(arguments[0]), wanted, KindOf(arguments[1])) > 0;
  return kKernelOk;
}

int32_t flinkc_native_array_position(const PackedArgument* arguments, int64_t count, int32_t* out) {
  const Element wanted = ElementOf(arguments[1]);
  *out = PositionOf(ViewOf(arguments[0]), wanted, KindOf(arguments[1]));
  return kKernelOk;
}

int32_t flinkc_native_array_concat(KernelContext* context, const PackedArgument* arguments,
                                   int64_t count, int64_t kind, StringValue* out) {
  ElementList elements;
  for (int64_t i = 0; i < count; ++i) AppendElements(ViewOf(arguments[i]), KindOf(kind), &elements);
  return GiveArray(context, elements, KindOf(kind), out);
}

int32_t flinkc_native_array_distinct(KernelContext* context, const StringValue* array, int64_t kind,
                                     StringValue* out) {
  return GiveDistinct(context, ElementsOf(*array, KindOf(kind)), kind, out);
}

int32_t flinkc_native_array_reverse(KernelContext* context, const StringValue* array, int64_t kind,
                                    StringValue* out) {
  ElementList elements = ElementsOf(*array, KindOf(kind));
  std::ranges::reverse(elements);
  return GiveArray(context, elements, KindOf(kind), out);
}

int32_t flinkc_native_array_union(KernelContext* context, const StringValue* a,
                                  const StringValue* b, int64_t kind, StringValue* out) {
  ElementList elements = ElementsOf(*a, KindOf(kind));
  AppendElements(*b, KindOf(kind), &elements);
  return GiveDistinct(context, elements, kind, out);
}

int32_t flinkc_native_array_except(KernelContext* context, const StringValue* a,
                                   const StringValue* b, int64_t kind, StringValue* out) {
  return GiveSelected(context, *a, *b, kind, /*in_other=*/false, out);
}

int32_t flinkc_native_array_intersect(KernelContext* context, const StringValue* a,
                                      const StringValue* b, int64_t kind, StringValue* out) {
  return GiveSelected(context, *a, *b, kind, /*in_other=*/true, out);
}

int32_t flinkc_native_array_slice(KernelContext* context, const StringValue* array, int32_t start,
                                  int32_t end, int64_t kind, StringValue* out) {
  return GiveSlice(context, *array, start, end, kind, out);
}

int32_t flinkc_native_array_slice_from(KernelContext* context, const StringValue* array,
                                       int32_t start, int64_t kind, StringValue* out) {
  return GiveSlice(context, *array, start, /*end=*/-1, kind, out);
}

int32_t flinkc_native_array_sort(KernelContext* context, const StringValue* array, int64_t kind,
                                 StringValue* out) {
  return GiveSorted(context, *array, /*ascending=*/true, /*nulls_first=*/true, kind, out);
}

int32_t flinkc_native_array_sort_by(KernelContext* context, const StringValue* array,
                                    bool ascending, int64_t kind, StringValue* out) {
  return GiveSorted(context, *array, ascending, /*nulls_first=*/ascending, kind, out);
}

int32_t flinkc_native_array_sort_nulls(KernelContext* context, const StringValue* array,
                                       bool ascending, bool nulls_first, int64_t kind,
                                       StringValue* out) {
  return GiveSorted(context, *array, ascending, nulls_first, kind, out);
}

int32_t flinkc_native_array_min(const StringValue* array, int64_t kind, void* out) {
  return GiveExtreme(ElementsOf(*array, KindOf(kind)), KindOf(kind), -1, out);
}

int32_t flinkc_native_array_max(const StringValue* array, int64_t kind, void* out) {
  return GiveExtreme(ElementsOf(*array, KindOf(kind)), KindOf(kind), 1, out);
}

int32_t flinkc_native_array_join(KernelContext* context, const StringValue* array,
                                 const StringValue* separator, StringValue* out) {
  return GiveJoined(context, *array, separator->view(), std::nullopt, out);
}

int32_t flinkc_native_array_join_nulls(KernelContext* context, const StringValue* array,
                                       const StringValue* separator, const StringValue* null_text,
                                       StringValue* out) {
  return GiveJoined(context, *array, separator->view(), null_text->view(), out);
}

int32_t flinkc_native_split(KernelContext* context, const StringValue* text,
                            const StringValue* separator, StringValue* out) {
  const std::string_view all = text->view(), mark = separator->view();
  ElementList parts;
  const auto add = [&](std::string_view part) {
    parts.push_back({part.data(), static_cast<uint32_t>(part.size())});
  };
  if (mark.empty()) {  // each character
    for (size_t at = 0; at < all.size();) {
      const size_t bytes = CharacterBytes(all.substr(at));
      add(all.substr(at, bytes));
      at += bytes;
    }
  } else {
    size_t begin = 0;
    for (size_t at; (at = all.find(mark, begin)) != std::string_view::npos;
         begin = at + mark.size()) {
      add(all.substr(begin, at - begin));
    }
    add(all.substr(begin));
  }
  return GiveArray(context, parts, ElementKind::kText, out);
}

int32_t flinkc_native_least(const PackedArgument* arguments, int64_t count, void* out) {
  return GiveExtremeArgument(arguments, count, -1, out);
}

int32_t flinkc_native_greatest(const PackedArgument* arguments, int64_t count, void* out) {
  return GiveExtremeArgument(arguments, count, 1, out);
}

}  // extern "C"
