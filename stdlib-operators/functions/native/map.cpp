#include "stdlib-operators/functions/native/map.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "stdlib-operators/functions/native/element_list.h"
#include "stdlib-operators/kernels/array_builder.h"

namespace flinkc {
namespace {

// Slots of a MAP and a ROW.
constexpr uint32_t kSlotBytes = 16;

ElementKind KindOf(int64_t kind) { return static_cast<ElementKind>(kind); }

struct Entry {
  Element key;
  Element value;
  size_t position = 0;  // among all, where keys are equal
};

// The order of keys: NULL, then as ORDER BY; nested ones by their bytes.
int32_t CompareKeys(const Element& a, const Element& b, ElementKind kind) {
  if (a.is_null() || b.is_null()) return int32_t{b.is_null()} - int32_t{a.is_null()};
  return CompareElements(a, b, kind);
}

// Sorts by key; of equal ones the last stays.
void Normalize(std::vector<Entry>* entries, ElementKind key_kind) {
  for (size_t i = 0; i < entries->size(); ++i) (*entries)[i].position = i;
  std::ranges::sort(*entries, [&](const Entry& a, const Entry& b) {
    const int32_t order = CompareKeys(a.key, b.key, key_kind);
    return order != 0 ? order < 0 : a.position < b.position;
  });
  size_t kept = 0;
  for (size_t i = 0; i < entries->size(); ++i) {
    const bool same =
        kept > 0 && CompareKeys((*entries)[kept - 1].key, (*entries)[i].key, key_kind) == 0;
    if (!same) ++kept;
    (*entries)[kept - 1] = (*entries)[i];
  }
  entries->resize(kept);
}

void SetSlot(ArrayBuilder* builder, uint32_t slot, const Element& element, ElementKind kind) {
  if (element.is_null()) return;
  if (IsView(kind)) return builder->SetText(slot, element.bytes, element.size);
  char bytes[kSlotBytes] = {};
  std::memcpy(bytes, element.bytes, element.size);
  builder->SetFixed(slot, bytes);
}

// False: it would be 4 GiB or more.
bool GiveMap(KernelContext* context, std::vector<Entry> entries, ElementKind key_kind,
             ElementKind value_kind, StringValue* out) {
  Normalize(&entries, key_kind);
  uint64_t text_bytes = 0;
  for (const Entry& entry : entries) {
    if (IsView(key_kind)) text_bytes += entry.key.size;
    if (IsView(value_kind)) text_bytes += entry.value.size;
  }
  ArrayBuilder builder(context, entries.size() * 2, kSlotBytes, text_bytes);
  if (!builder.is_valid()) return false;
  for (uint32_t i = 0; i < entries.size(); ++i) {
    SetSlot(&builder, i * 2, entries[i].key, key_kind);
    SetSlot(&builder, i * 2 + 1, entries[i].value, value_kind);
  }
  *out = builder.FinishMap();
  return true;
}

int32_t GiveMapOrNull(KernelContext* context, std::vector<Entry> entries, ElementKind key_kind,
                      ElementKind value_kind, StringValue* out) {
  return GiveMap(context, std::move(entries), key_kind, value_kind, out) ? kKernelOk : kKernelNull;
}

std::vector<Entry> EntriesOf(const StringValue& map, ElementKind key_kind, ElementKind value_kind) {
  const NestedReader reader = NestedReader::Open(map, 2);
  std::vector<Entry> entries;
  entries.reserve(reader.header.count);
  for (uint32_t i = 0; i < reader.header.count; ++i) {
    entries.push_back(
        {ElementAt(reader, i * 2, key_kind), ElementAt(reader, i * 2 + 1, value_kind)});
  }
  return entries;
}

// `items`: `count` keys and values by turns; there is at least one, or the map is empty.
std::vector<Entry> EntriesOf(const PackedArgument* items, int64_t count) {
  std::vector<Entry> entries;
  entries.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    entries.push_back({ElementOf(items[i * 2]), ElementOf(items[i * 2 + 1])});
  }
  return entries;
}

ElementKind KindAt(const PackedArgument* items, int64_t count, int64_t at) {
  return count == 0 ? ElementKind::kI64 : KindOf(int64_t{items[at].kind});
}

const StringValue& ViewOf(const PackedArgument& argument) {
  return *reinterpret_cast<const StringValue*>(argument.bytes);
}

// The entry with the key, by bisection.
std::optional<uint32_t> FindKey(const StringValue& map, const PackedArgument& key) {
  const auto kind = KindOf(int64_t{key.kind});
  const Element wanted = ElementOf(key);
  const NestedReader reader = NestedReader::Open(map, 2);
  uint32_t low = 0, high = reader.header.count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    const int32_t order = CompareKeys(ElementAt(reader, middle * 2, kind), wanted, kind);
    if (order == 0) return middle;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::nullopt;
}

int32_t GiveHalf(KernelContext* context, const StringValue& map, uint32_t half, int64_t kind,
                 StringValue* out) {
  const NestedReader reader = NestedReader::Open(map, 2);
  ElementList elements;
  for (uint32_t i = 0; i < reader.header.count; ++i) {
    elements.push_back(ElementAt(reader, i * 2 + half, KindOf(kind)));
  }
  return GiveArray(context, elements, KindOf(kind), out);
}

std::vector<std::string_view> Cut(std::string_view text, std::string_view mark) {
  std::vector<std::string_view> parts;
  for (size_t at; !mark.empty() && (at = text.find(mark)) != std::string_view::npos;) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + mark.size());
  }
  // As Java's split: what is empty at the end is left out, unless it is all there is.
  if (!parts.empty()) {
    parts.push_back(text);
    while (!parts.empty() && parts.back().empty()) parts.pop_back();
    return parts;
  }
  return {text};
}

int32_t GiveEntries(KernelContext* context, std::string_view text, std::string_view entry_mark,
                    std::string_view key_mark, StringValue* out) {
  const auto element = [](std::string_view part) {
    return Element{part.data() == nullptr ? "" : part.data(), static_cast<uint32_t>(part.size())};
  };
  std::vector<Entry> entries;
  for (std::string_view part : Cut(text, entry_mark)) {
    const size_t mark = key_mark.empty() ? std::string_view::npos : part.find(key_mark);
    Entry entry{element(part.substr(0, mark)), {}};
    if (mark != std::string_view::npos) entry.value = element(part.substr(mark + key_mark.size()));
    entries.push_back(entry);
  }
  return GiveMapOrNull(context, std::move(entries), ElementKind::kText, ElementKind::kText, out);
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_native_map(KernelContext* context, const PackedArgument* arguments, int64_t count,
                          StringValue* out) {
  return GiveMapOrNull(context, EntriesOf(arguments, count / 2), KindAt(arguments, count, 0),
                       KindAt(arguments, count, 1), out);
}

int32_t flinkc_native_list_map(KernelContext* context, const PackedArgument* items, int64_t count,
                               StringValue* out) {
  const bool fits = GiveMap(context, EntriesOf(items, count), KindAt(items, count, 0),
                            KindAt(items, count, 1), out);
  return fits ? kKernelOk : Failure(RowStatus::kValueTooLong);
}

int32_t flinkc_native_map_get(const PackedArgument* arguments, int64_t count, int64_t kind,
                              void* out) {
  if (!arguments[0].valid) return kKernelNull;
  const StringValue& map = ViewOf(arguments[0]);
  const auto entry = FindKey(map, arguments[1]);
  if (!entry) return kKernelNull;
  const Element value = ElementAt(NestedReader::Open(map, 2), *entry * 2 + 1, KindOf(kind));
  if (value.is_null()) return kKernelNull;
  GiveValue(value, KindOf(kind), out);
  return kKernelOk;
}

int32_t flinkc_native_map_contains_key(const PackedArgument* arguments, int64_t count, bool* out) {
  if (!arguments[0].valid) return kKernelNull;
  *out = FindKey(ViewOf(arguments[0]), arguments[1]).has_value();
  return kKernelOk;
}

int32_t flinkc_native_map_keys(KernelContext* context, const StringValue* map, int64_t kind,
                               StringValue* out) {
  return GiveHalf(context, *map, 0, kind, out);
}

int32_t flinkc_native_map_values(KernelContext* context, const StringValue* map, int64_t kind,
                                 StringValue* out) {
  return GiveHalf(context, *map, 1, kind, out);
}

int32_t flinkc_native_map_entries(KernelContext* context, const StringValue* map, int64_t key_kind,
                                  int64_t value_kind, StringValue* out) {
  const auto entries = EntriesOf(*map, KindOf(key_kind), KindOf(value_kind));
  std::deque<StringValue> rows;
  ElementList elements;
  for (const Entry& entry : entries) {
    uint64_t text_bytes = 0;
    if (IsView(KindOf(key_kind))) text_bytes += entry.key.size;
    if (IsView(KindOf(value_kind))) text_bytes += entry.value.size;
    ArrayBuilder row(context, 2, kSlotBytes, text_bytes);
    if (!row.is_valid()) return kKernelNull;
    SetSlot(&row, 0, entry.key, KindOf(key_kind));
    SetSlot(&row, 1, entry.value, KindOf(value_kind));
    rows.push_back(row.Finish());
    elements.push_back({rows.back().data(), rows.back().size});
  }
  return GiveArray(context, elements, ElementKind::kNested, out);
}

int32_t flinkc_native_map_from_arrays(KernelContext* context, const StringValue* keys,
                                      const StringValue* values, int64_t key_kind,
                                      int64_t value_kind, StringValue* out) {
  const ElementList all_keys = ElementsOf(*keys, KindOf(key_kind));
  const ElementList all_values = ElementsOf(*values, KindOf(value_kind));
  if (all_keys.size() != all_values.size()) return Failure(RowStatus::kInvalidArgument);
  std::vector<Entry> entries;
  for (size_t i = 0; i < all_keys.size(); ++i) entries.push_back({all_keys[i], all_values[i]});
  return GiveMapOrNull(context, std::move(entries), KindOf(key_kind), KindOf(value_kind), out);
}

int32_t flinkc_native_map_from_entries(KernelContext* context, const StringValue* entries,
                                       int64_t key_kind, int64_t value_kind, StringValue* out) {
  const NestedReader reader = NestedReader::Open(*entries);
  std::vector<StringValue> rows(reader.header.count);
  std::vector<Entry> all;
  for (uint32_t i = 0; i < reader.header.count; ++i) {
    if (reader.IsNull(i)) return kKernelNull;
    // A short view holds its bytes itself, so it must stay where it is.
    rows[i] = reader.View(i);
    const NestedReader row = NestedReader::Open(rows[i]);
    all.push_back({ElementAt(row, 0, KindOf(key_kind)), ElementAt(row, 1, KindOf(value_kind))});
  }
  return GiveMapOrNull(context, std::move(all), KindOf(key_kind), KindOf(value_kind), out);
}

int32_t flinkc_native_map_union(KernelContext* context, const PackedArgument* arguments,
                                int64_t count, int64_t key_kind, int64_t value_kind,
                                StringValue* out) {
  std::vector<Entry> all;
  for (int64_t i = 0; i < count; ++i) {
    const auto entries = EntriesOf(ViewOf(arguments[i]), KindOf(key_kind), KindOf(value_kind));
    all.insert(all.end(), entries.begin(), entries.end());
  }
  return GiveMapOrNull(context, std::move(all), KindOf(key_kind), KindOf(value_kind), out);
}

int32_t flinkc_native_collect_result(KernelContext* context, const ValuesState* state, int64_t kind,
                                     StringValue* out) {
  if (state->count == 0) return kKernelNull;
  ElementList values;
  for (KeptValues kept(*state); kept.Next();) values.push_back({kept.bytes(), kept.size()});
  std::ranges::sort(values, [&](const Element& a, const Element& b) {
    return CompareKeys(a, b, KindOf(kind)) < 0;
  });
  std::vector<int32_t> counts;
  counts.reserve(values.size());
  std::vector<Entry> entries;
  for (const Element& value : values) {
    if (entries.empty() || CompareKeys(entries.back().key, value, KindOf(kind)) != 0) {
      counts.push_back(0);
      entries.push_back({value, {reinterpret_cast<const char*>(&counts.back()), sizeof(int32_t)}});
    }
    ++counts.back();
  }
  return GiveMapOrNull(context, std::move(entries), KindOf(kind), ElementKind::kI32, out);
}

int32_t flinkc_native_str_to_map(KernelContext* context, const StringValue* text,
                                 const StringValue* between_entries, const StringValue* behind_key,
                                 StringValue* out) {
  return GiveEntries(context, text->view(), between_entries->view(), behind_key->view(), out);
}

int32_t flinkc_native_str_to_map_commas(KernelContext* context, const StringValue* text,
                                        StringValue* out) {
  return GiveEntries(context, text->view(), ",", "=", out);
}

}  // extern "C"
