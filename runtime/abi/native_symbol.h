// C functions that generated code calls: kernels (linked as bitcode and inlined), native functions
// and runtime calls (called). One record serves the JIT, which needs the address, and the
// interpreter, which calls through a thunk over 64-bit slots.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

namespace flinkc {

// The types of values in a loop program (compiler/codegen) and of kernel parameters. Everything
// wider than 64 bits (strings, DECIMAL) goes by pointer.
enum class ValueType : uint8_t { kVoid, kI1, kI8, kI16, kI32, kI64, kF32, kF64, kPtr };

// One interpreter register: integers sign-extended, kI1 as 0 or 1, floats by their bits.
using ValueSlot = uint64_t;

struct NativeSymbol {
  std::string_view name;
  void* address = nullptr;
  // result = address(arguments…), over slots.
  void (*thunk)(const ValueSlot* arguments, ValueSlot* result) = nullptr;
  ValueType result = ValueType::kVoid;
  std::vector<ValueType> parameters;
};

namespace abi_internal {

template <typename T>
constexpr ValueType ValueTypeOf() {
  if constexpr (std::is_void_v<T>) return ValueType::kVoid;
  else if constexpr (std::is_same_v<T, bool>) return ValueType::kI1;
  else if constexpr (std::is_pointer_v<T>) return ValueType::kPtr;
  else if constexpr (std::is_same_v<T, float>) return ValueType::kF32;
  else if constexpr (std::is_same_v<T, double>) return ValueType::kF64;
  else if constexpr (std::is_enum_v<T>) return ValueTypeOf<std::underlying_type_t<T>>();
  else if constexpr (sizeof(T) == 1) return ValueType::kI8;
  else if constexpr (sizeof(T) == 2) return ValueType::kI16;
  else if constexpr (sizeof(T) == 4) return ValueType::kI32;
  else return ValueType::kI64;
}

template <typename T>
T FromSlot(ValueSlot slot) {
  static_assert(sizeof(T) <= 8, "kernel parameters wider than 64 bits go by pointer");
  if constexpr (std::is_pointer_v<T>) return reinterpret_cast<T>(slot);
  else if constexpr (std::is_same_v<T, float>)
    return std::bit_cast<float>(static_cast<uint32_t>(slot));
  else if constexpr (std::is_same_v<T, double>) return std::bit_cast<double>(slot);
  else return static_cast<T>(slot);
}

template <typename T>
ValueSlot ToSlot(T value) {
  static_assert(sizeof(T) <= 8, "kernel results wider than 64 bits go by pointer");
  if constexpr (std::is_pointer_v<T>) return reinterpret_cast<ValueSlot>(value);
  else if constexpr (std::is_same_v<T, bool>) return value ? 1 : 0;
  else if constexpr (std::is_same_v<T, float>) return std::bit_cast<uint32_t>(value);
  else if constexpr (std::is_same_v<T, double>) return std::bit_cast<uint64_t>(value);
  else return static_cast<ValueSlot>(static_cast<int64_t>(value));
}

template <auto Function>
struct Thunk;

template <typename R, typename... P, R (*Function)(P...)>
struct Thunk<Function> {
  static void Call(const ValueSlot* arguments, ValueSlot* result) {
    CallWith(arguments, result, std::index_sequence_for<P...>());
  }
  template <size_t... I>
  static void CallWith(const ValueSlot* arguments, ValueSlot* result, std::index_sequence<I...>) {
    static_cast<void>(arguments);
    if constexpr (std::is_void_v<R>) {
      Function(FromSlot<P>(arguments[I])...);
    } else {
      *result = ToSlot<R>(Function(FromSlot<P>(arguments[I])...));
    }
  }
  static NativeSymbol Symbol(std::string_view name) {
    return {name, reinterpret_cast<void*>(Function), &Call, ValueTypeOf<R>(),
            {ValueTypeOf<P>()...}};
  }
};

}  // namespace abi_internal

// NativeSymbolOf<&flinkc_add_i64>("flinkc_add_i64")
template <auto Function>
NativeSymbol NativeSymbolOf(std::string_view name) {
  return abi_internal::Thunk<Function>::Symbol(name);
}

}  // namespace flinkc

#define FLINKC_NATIVE_SYMBOL(function) ::flinkc::NativeSymbolOf<&function>(#function)
