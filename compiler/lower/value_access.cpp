#include "compiler/lower/value_access.h"

#include <bit>
#include <cstring>

#include "compiler/codegen/control_flow.h"
#include "runtime/abi/hash.h"
#include "runtime/abi/string_value.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr uint32_t kDecimalBytes = sizeof(Int128);
constexpr uint32_t kViewBytes = sizeof(StringValue);

LoopValue ZeroBytes16(FunctionBuilder& fn) { return fn.Data(std::string(16, '\0'), 16); }

std::string BytesOf(const void* data, size_t size) {
  return std::string(static_cast<const char*>(data), size);
}

bool IsDecimal(const DataType& type) { return type.kind() == TypeKind::kDecimal; }

}  // namespace

ValueType PayloadType(const DataType& type) {
  if (type.kind() == TypeKind::kBoolean || type.kind() == TypeKind::kNull) return ValueType::kI1;
  if (IsDecimal(type)) return ValueType::kPtr;
  switch (type.physical()) {
    case PhysicalType::kI8:
      return ValueType::kI8;
    case PhysicalType::kI16:
      return ValueType::kI16;
    case PhysicalType::kI32:
      return ValueType::kI32;
    case PhysicalType::kI64:
      return ValueType::kI64;
    case PhysicalType::kF32:
      return ValueType::kF32;
    case PhysicalType::kF64:
      return ValueType::kF64;
    case PhysicalType::kI128:
    case PhysicalType::kView:
      return ValueType::kPtr;
  }
  CHECK(false);
}

LoopValue LoadPayload(FunctionBuilder& fn, const DataType& type, LoopValue address, bool aligned) {
  if (IsDecimal(type)) {
    if (type.physical() == PhysicalType::kI128 && aligned) return address;
    const LoopValue slot = fn.StackSlot(kDecimalBytes, 16);
    if (type.physical() == PhysicalType::kI128) {
      fn.MemoryCopy(slot, address, kDecimalBytes);
    } else {
      // Int128 = sign-extended i64
      const LoopValue low = fn.Load(ValueType::kI64, address);
      fn.Store(low, slot, 0);
      fn.Store(fn.ShiftRightArithmetic(low, fn.I64(63)), slot, 8);
    }
    return slot;
  }
  if (type.is_view()) return address;
  return fn.Load(PayloadType(type), address);
}

void StorePayload(FunctionBuilder& fn, const DataType& type, LoopValue payload, LoopValue address) {
  if (IsDecimal(type) && type.physical() == PhysicalType::kI64) {
    fn.Store(fn.Load(ValueType::kI64, payload), address);
  } else if (PayloadType(type) == ValueType::kPtr) {
    fn.MemoryCopy(address, payload, 16);
  } else {
    fn.Store(payload, address);
  }
}

LoweredValue LoadColumn(FunctionBuilder& fn, const DataType& type, LoopValue values,
                        std::optional<LoopValue> validity, LoopValue row) {
  LoweredValue value;
  LoopValue address = fn.Index(values, row, ByteWidth(type.physical()));
  if (validity.has_value()) {
    value.valid = fn.Call("flinkc_is_valid", {*validity, row});
    // A NULL's view is undefined in the column; here it must be safe to read.
    if (type.is_view()) address = fn.Select(*value.valid, address, ZeroBytes16(fn));
  }
  value.payload = LoadPayload(fn, type, address, /*aligned=*/true);
  return value;
}

LoweredValue LoadNull(FunctionBuilder& fn, const DataType& type) {
  const ValueType payload = PayloadType(type);
  return {payload == ValueType::kPtr ? ZeroBytes16(fn) : fn.Zero(payload), fn.Bool(false)};
}

LoweredValue LoadLiteral(FunctionBuilder& fn, const DataType& type, const Value& value) {
  if (value.is_null()) return LoadNull(fn, type);
  LoweredValue result;
  if (type.is_view()) {
    const std::string text = FlatBytes(type, value);
    if (text.size() <= StringValue::kInlineBytes) {
      const StringValue view = MakeStringValue(text);
      result.payload = fn.Data(BytesOf(&view, sizeof(view)), 16);
      return result;
    }
    // StringValue{size, prefix, address of the bytes}
    result.payload = fn.StackSlot(kViewBytes, 8);
    uint32_t prefix;
    std::memcpy(&prefix, text.data(), sizeof(prefix));
    fn.Store(fn.I32(static_cast<int32_t>(text.size())), result.payload, 0);
    fn.Store(fn.I32(static_cast<int32_t>(prefix)), result.payload, 4);
    fn.Store(fn.Data(text), result.payload, 8);
    return result;
  }
  if (const auto* decimal = std::get_if<Int128>(&value.data)) {
    result.payload = fn.Data(BytesOf(decimal, sizeof(*decimal)), 16);
  } else if (const auto* boolean = std::get_if<bool>(&value.data)) {
    result.payload = fn.Bool(*boolean);
  } else if (const auto* number = std::get_if<double>(&value.data)) {
    result.payload = PayloadType(type) == ValueType::kF32 ? fn.F32(static_cast<float>(*number))
                                                          : fn.F64(*number);
  } else if (const auto* integer = std::get_if<int64_t>(&value.data)) {
    result.payload = fn.Integer(PayloadType(type), *integer);
  } else {
    CHECK(false);
  }
  return result;
}

LoopValue ValidOrTrue(FunctionBuilder& fn, const LoweredValue& value) {
  return value.valid.has_value() ? *value.valid : fn.Bool(true);
}

namespace {

// Of two that are not NULL.
LoopValue SamePayload(FunctionBuilder& fn, const DataType& type, LoopValue a, LoopValue b) {
  if (IsDecimal(type)) return fn.Call("flinkc_same_decimal", {a, b});
  switch (PayloadType(type)) {
    case ValueType::kPtr:
      return fn.Call("flinkc_same_view", {a, b});
    case ValueType::kI1:
      return fn.Not(fn.Xor(a, b));
    case ValueType::kF32:
      return fn.Equal(fn.BitCast(a, ValueType::kI32), fn.BitCast(b, ValueType::kI32));
    case ValueType::kF64:
      return fn.Equal(fn.BitCast(a, ValueType::kI64), fn.BitCast(b, ValueType::kI64));
    default:
      return fn.Equal(a, b);
  }
}

}  // namespace

LoopValue SameValue(FunctionBuilder& fn, const DataType& type, const LoweredValue& a,
                    const LoweredValue& b) {
  if (!a.valid && !b.valid) return SamePayload(fn, type, a.payload, b.payload);
  // What stands behind a NULL is not to be looked at.
  const LoopValue a_valid = ValidOrTrue(fn, a);
  const LoopValue b_valid = ValidOrTrue(fn, b);
  const LoopValue nothing = LoadNull(fn, type).payload;
  const LoopValue same = SamePayload(fn, type, fn.Select(a_valid, a.payload, nothing),
                                     fn.Select(b_valid, b.payload, nothing));
  return fn.And(same, fn.Not(fn.Xor(a_valid, b_valid)));
}

LoopValue HashValue(FunctionBuilder& fn, const DataType& type, const LoweredValue& value) {
  LoopValue hash;
  if (type.kind() == TypeKind::kDecimal) {
    hash = fn.Call("flinkc_hash_decimal", {value.payload});
  } else if (type.is_view()) {
    hash = fn.Call("flinkc_hash_view", {value.payload});
  } else if (type.is_floating()) {
    hash = fn.Call("flinkc_hash_double", {fn.FloatToFloat(value.payload, ValueType::kF64)});
  } else if (type.kind() == TypeKind::kBoolean || type.kind() == TypeKind::kNull) {
    hash = fn.Call("flinkc_hash_integer", {fn.ZeroExtend(value.payload, ValueType::kI64)});
  } else {
    hash = fn.Call("flinkc_hash_integer", {fn.SignExtend(value.payload, ValueType::kI64)});
  }
  if (!value.valid.has_value()) return hash;
  return fn.Select(*value.valid, hash, fn.I64(std::bit_cast<int64_t>(kHashSeed)));
}

LoopValue HashKey(FunctionBuilder& fn, const std::vector<DataType>& types,
                  const std::vector<LoweredValue>& values) {
  CHECK(types.size() == values.size());
  LoopValue hash = fn.I64(std::bit_cast<int64_t>(kHashSeed));
  for (size_t i = 0; i < values.size(); ++i) {
    const LoopValue column = HashValue(fn, types[i], values[i]);
    hash = i == 0 ? column : fn.Call("flinkc_hash_combine", {hash, column});
  }
  return hash;
}

}  // namespace flinkc
