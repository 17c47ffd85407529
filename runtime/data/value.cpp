#include "runtime/data/value.h"

#include <cstring>

#include "runtime/abi/nested_value.h"
#include "runtime/base/check.h"
#include "runtime/data/text_writer.h"

namespace flinkc {

namespace {

constexpr uint32_t kRangeBytes = 8;    // a view within a nested value: offset, size
constexpr uint32_t kRowSlotBytes = 16;

template <typename T>
T Load(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

template <typename T>
void Store(void* to, T value) {
  std::memcpy(to, &value, sizeof(T));
}

Value ReadMemory(const DataType& type, const void* from);

Value ReadNested(const DataType& type, const StringValue& view) {
  const bool map = type.kind() == TypeKind::kMap;
  const NestedReader reader = NestedReader::Open(view, map ? 2 : 1);
  const uint32_t slots = reader.header.count * (map ? 2 : 1);
  ValueList elements;
  for (uint32_t slot = 0; slot < slots; ++slot) {
    const DataType& child = type.kind() == TypeKind::kArray ? type.children()[0]
                            : map                           ? type.children()[slot % 2]
                                                            : type.children()[slot];
    if (reader.IsNull(slot)) {
      elements.push_back({});
    } else if (child.is_view()) {
      const StringValue inner = reader.View(slot);
      elements.push_back(ReadMemory(child, &inner));
    } else {
      elements.push_back(ReadMemory(child, reader.Slot(slot)));
    }
  }
  return Value{std::move(elements)};
}

Value ReadMemory(const DataType& type, const void* from) {
  if (type.kind() == TypeKind::kNull) return {};
  if (type.kind() == TypeKind::kBoolean) return Value{Load<uint8_t>(from) != 0};
  if (type.kind() == TypeKind::kDecimal) {
    return Value{type.precision() <= 18 ? Int128{Load<int64_t>(from)} : Load<Int128>(from)};
  }
  switch (type.physical()) {
    case PhysicalType::kI8: return Value{int64_t{Load<int8_t>(from)}};
    case PhysicalType::kI16: return Value{int64_t{Load<int16_t>(from)}};
    case PhysicalType::kI32: return Value{int64_t{Load<int32_t>(from)}};
    case PhysicalType::kI64: return Value{Load<int64_t>(from)};
    case PhysicalType::kF32: return Value{double{Load<float>(from)}};
    case PhysicalType::kF64: return Value{Load<double>(from)};
    case PhysicalType::kView: {
      const StringValue view = Load<StringValue>(from);
      if (type.is_nested()) return ReadNested(type, view);
      return Value{std::string(view.view())};
    }
    case PhysicalType::kI128: break;
  }
  CHECK(false);
}

// One value that is not NULL and no view.
void WriteFixed(const DataType& type, const Value& value, void* to) {
  if (type.kind() == TypeKind::kNull) return;
  if (type.kind() == TypeKind::kBoolean) return Store<uint8_t>(to, std::get<bool>(value.data));
  if (type.kind() == TypeKind::kDecimal) {
    const Int128 unscaled = std::get<Int128>(value.data);
    if (type.precision() <= 18) return Store(to, static_cast<int64_t>(unscaled));
    return Store(to, unscaled);
  }
  switch (type.physical()) {
    case PhysicalType::kI8: return Store(to, static_cast<int8_t>(std::get<int64_t>(value.data)));
    case PhysicalType::kI16: return Store(to, static_cast<int16_t>(std::get<int64_t>(value.data)));
    case PhysicalType::kI32: return Store(to, static_cast<int32_t>(std::get<int64_t>(value.data)));
    case PhysicalType::kI64: return Store(to, std::get<int64_t>(value.data));
    case PhysicalType::kF32: return Store(to, static_cast<float>(std::get<double>(value.data)));
    case PhysicalType::kF64: return Store(to, std::get<double>(value.data));
    default: CHECK(false);
  }
}

}  // namespace

std::string FlatBytes(const DataType& type, const Value& value) {
  if (!type.is_nested()) return std::get<std::string>(value.data);
  const ValueList& elements = std::get<ValueList>(value.data);
  const bool map = type.kind() == TypeKind::kMap;
  const bool array = type.kind() == TypeKind::kArray;
  const uint32_t slots = static_cast<uint32_t>(elements.size());
  uint32_t slot_bytes = kRowSlotBytes;
  if (array) {
    const DataType& element = type.children()[0];
    slot_bytes = element.is_view() ? kRangeBytes : ByteWidth(element.physical());
  }
  const NestedHeader header{map ? slots / 2 : slots, slot_bytes};
  const size_t slots_at = sizeof(header) + NestedValidityBytes(slots);
  std::string flat(slots_at + static_cast<size_t>(slots) * slot_bytes, '\0');
  Store(flat.data(), header);
  for (uint32_t slot = 0; slot < slots; ++slot) {
    const DataType& child = array ? type.children()[0] : type.children()[map ? slot % 2 : slot];
    if (elements[slot].is_null()) continue;
    flat[sizeof(header) + slot / 8] |= static_cast<char>(1 << (slot % 8));
    const size_t at = slots_at + static_cast<size_t>(slot) * slot_bytes;
    if (child.is_view()) {
      const std::string bytes = FlatBytes(child, elements[slot]);
      Store(flat.data() + at, static_cast<uint32_t>(flat.size()));
      Store(flat.data() + at + 4, static_cast<uint32_t>(bytes.size()));
      flat += bytes;
    } else {
      WriteFixed(child, elements[slot], flat.data() + at);
    }
  }
  return flat;
}

namespace {

StringValue MakeView(const DataType& type, const Value& value, Arena& arena) {
  const std::string bytes = FlatBytes(type, value);
  if (bytes.size() <= StringValue::kInlineBytes) return MakeStringValue(bytes);
  char* copy = arena.Allocate(bytes.size());
  std::memcpy(copy, bytes.data(), bytes.size());
  return MakeStringValue(copy, static_cast<uint32_t>(bytes.size()));
}

// Calls `append(out, type, address)` with the value as it would lie in a column.
template <typename Append>
std::string Print(const Value& value, const DataType& type, Append append) {
  std::string out;
  if (type.is_view()) {
    Arena arena;
    const StringValue view = MakeView(type, value, arena);
    append(out, type, &view);
  } else {
    alignas(16) char cell[16] = {};
    WriteFixed(type, value, cell);
    append(out, type, cell);
  }
  return out;
}

}  // namespace

Value ReadValue(const RecordBatch& batch, const DataType& type, size_t column, int32_t row) {
  if (batch.IsNull(column, row)) return {};
  return ReadMemory(type, batch.Values<std::byte>(column) +
                              static_cast<size_t>(row) * ByteWidth(type.physical()));
}

void WriteValue(RecordBatch& batch, const DataType& type, size_t column, int32_t row,
                const Value& value, Arena& arena) {
  if (value.is_null()) {
    CHECK(batch.layout().columns[column].validity != nullptr);
    return batch.SetNull(column, row);
  }
  batch.SetValid(column, row);
  std::byte* to = batch.Values<std::byte>(column) +
                  static_cast<size_t>(row) * ByteWidth(type.physical());
  if (type.is_view()) {
    Store(to, MakeView(type, value, arena));
  } else {
    WriteFixed(type, value, to);
  }
}

std::string ToText(const Value& value, const DataType& type) {
  if (value.is_null()) return "NULL";
  return Print(value, type, [](std::string& out, const DataType& of, const void* from) {
    AppendText(out, of, from);
  });
}

std::string ToJson(const Value& value, const DataType& type) {
  if (value.is_null()) return "null";
  return Print(value, type, [](std::string& out, const DataType& of, const void* from) {
    AppendJson(out, of, from);
  });
}

std::string RowToJson(const RecordBatch& batch, const Schema& schema, int32_t row) {
  std::string out;
  AppendRowJson(out, batch, schema, row);
  return out;
}

}  // namespace flinkc
