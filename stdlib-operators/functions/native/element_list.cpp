#include "stdlib-operators/functions/native/element_list.h"

#include <cstring>
#include <functional>
#include <string_view>

#include "stdlib-operators/kernels/array_builder.h"
#include "stdlib-operators/kernels/comparison.h"

namespace flinkc {

namespace {

template <typename T>
T Load(const Element& element) {
  T value;
  std::memcpy(&value, element.bytes, sizeof(value));
  return value;
}

template <typename T>
int32_t CompareAs(const Element& a, const Element& b) {
  return Compare<T>(Load<T>(a), Load<T>(b));
}

// Equal floats hash alike; a NaN equals nothing, so any hash does, and many of them must not share
// one.
template <typename T>
size_t HashFloat(const Element& element) {
  const T value = Load<T>(element);
  if (value != value) return std::hash<const char*>()(element.bytes);
  return std::hash<T>()(value == 0 ? 0 : value);
}

}  // namespace

Element ElementAt(const NestedReader& array, uint32_t slot, ElementKind kind) {
  if (array.IsNull(slot)) return {};
  if (!IsView(kind)) return {array.Slot(slot), SlotBytes(kind)};
  uint32_t range[2];
  std::memcpy(range, array.Slot(slot), sizeof(range));
  return {array.base + range[0], range[1]};
}

Element ElementOf(const PackedArgument& argument) {
  if (!argument.valid) return {};
  const auto kind = static_cast<ElementKind>(argument.kind);
  if (!IsView(kind)) return {argument.bytes, SlotBytes(kind)};
  const auto* view = reinterpret_cast<const StringValue*>(argument.bytes);
  return {view->data(), view->size};
}

void AppendElements(const StringValue& array, ElementKind kind, ElementList* list) {
  const NestedReader reader = NestedReader::Open(array);
  list->reserve(list->size() + reader.header.count);
  for (uint32_t slot = 0; slot < reader.header.count; ++slot) {
    list->push_back(ElementAt(reader, slot, kind));
  }
}

ElementList ElementsOf(const StringValue& array, ElementKind kind) {
  ElementList list;
  AppendElements(array, kind, &list);
  return list;
}

bool SameElement(const Element& a, const Element& b, ElementKind kind) {
  if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
  if (kind == ElementKind::kF32) return Load<float>(a) == Load<float>(b);
  if (kind == ElementKind::kF64) return Load<double>(a) == Load<double>(b);
  return a.size == b.size && std::memcmp(a.bytes, b.bytes, a.size) == 0;
}

int32_t CompareElements(const Element& a, const Element& b, ElementKind kind) {
  switch (kind) {
    case ElementKind::kBoolean:
      return CompareAs<uint8_t>(a, b);
    case ElementKind::kI8:
      return CompareAs<int8_t>(a, b);
    case ElementKind::kI16:
      return CompareAs<int16_t>(a, b);
    case ElementKind::kI32:
      return CompareAs<int32_t>(a, b);
    case ElementKind::kI64:
    case ElementKind::kDecimal64:
      return CompareAs<int64_t>(a, b);
    case ElementKind::kF32:
      return CompareAs<float>(a, b);
    case ElementKind::kF64:
      return CompareAs<double>(a, b);
    case ElementKind::kDecimal128:
      return CompareAs<Int128>(a, b);
    case ElementKind::kText:
    case ElementKind::kNested:
      break;
  }
  const int order = std::string_view(a.bytes, a.size).compare({b.bytes, b.size});
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

void GiveValue(const Element& element, ElementKind kind, void* out) {
  if (IsView(kind)) {
    const StringValue view = MakeStringValue(element.bytes, element.size);
    std::memcpy(out, &view, sizeof(view));
  } else if (kind == ElementKind::kDecimal64) {
    StoreInt128(static_cast<Int128*>(out), Load<int64_t>(element));
  } else {
    std::memcpy(out, element.bytes, element.size);
  }
}

int32_t GiveArray(KernelContext* context, const ElementList& elements, ElementKind kind,
                  StringValue* out) {
  const bool views = IsView(kind);
  uint64_t text_bytes = 0;
  if (views) {
    for (const Element& element : elements) text_bytes += element.size;
  }
  ArrayBuilder builder(context, elements.size(), SlotBytes(kind), text_bytes);
  if (!builder.is_valid()) return kKernelNull;
  for (uint32_t i = 0; i < elements.size(); ++i) {
    const Element& element = elements[i];
    if (element.is_null()) continue;
    if (views) {
      builder.SetText(i, element.bytes, element.size);
    } else {
      builder.SetFixed(i, element.bytes);
    }
  }
  *out = builder.Finish();
  return kKernelOk;
}

size_t ElementSet::Hash::operator()(const Element& element) const {
  if (element.is_null()) return 0;
  if (kind == ElementKind::kF32) return HashFloat<float>(element);
  if (kind == ElementKind::kF64) return HashFloat<double>(element);
  return std::hash<std::string_view>()({element.bytes, element.size});
}

}  // namespace flinkc
