#include "compiler/interpreter/interpreter.h"

#include <bit>
#include <cstring>

#include "compiler/interpreter/decoded_program.h"
#include "compiler/interpreter/decoder.h"
#include "runtime/base/check.h"

namespace flinkc {
namespace {

using Thunk = void (*)(const ValueSlot* arguments, ValueSlot* result);

// The low `width` bits, sign-extended.
ValueSlot Cut(ValueSlot value, uint8_t width) {
  const uint32_t unused = 64u - width;
  return static_cast<ValueSlot>(static_cast<int64_t>(value << unused) >> unused);
}

ValueSlot LowBits(ValueSlot value, uint8_t width) {
  return width == 64 ? value : value & ((ValueSlot{1} << width) - 1);
}

template <typename T>
ValueSlot LoadInteger(const char* address) {
  T value;
  std::memcpy(&value, address, sizeof(value));
  return static_cast<ValueSlot>(static_cast<int64_t>(value));
}

ValueSlot LoadFloat(const char* address) {
  uint32_t bits;
  std::memcpy(&bits, address, sizeof(bits));
  return bits;
}

template <typename T>
void StoreLow(char* address, ValueSlot slot) {
  const T value = static_cast<T>(slot);
  std::memcpy(address, &value, sizeof(value));
}

char* Pointer(ValueSlot slot) { return reinterpret_cast<char*>(slot); }

ValueSlot FloatSlot(float value) { return std::bit_cast<uint32_t>(value); }
float FloatOf(ValueSlot slot) { return std::bit_cast<float>(static_cast<uint32_t>(slot)); }

// Executes from the first instruction to a return. `r` are the registers, `arguments` has room for
// the arguments of any call.
ValueSlot Execute(const InterpretedFunction& function, ValueSlot* r, ValueSlot* arguments) {
  const DecodedInstruction* const first = function.instructions.data();
  const DecodedInstruction* next = first;
  while (true) {
    const DecodedInstruction& i = *next++;
    switch (i.operation) {
      case Operation::kMove: r[i.result] = r[i.a]; break;
      case Operation::kAdd: r[i.result] = Cut(r[i.a] + r[i.b], i.width); break;
      case Operation::kSub: r[i.result] = Cut(r[i.a] - r[i.b], i.width); break;
      case Operation::kMul: r[i.result] = Cut(r[i.a] * r[i.b], i.width); break;
      case Operation::kAnd: r[i.result] = r[i.a] & r[i.b]; break;
      case Operation::kOr: r[i.result] = r[i.a] | r[i.b]; break;
      case Operation::kXor: r[i.result] = r[i.a] ^ r[i.b]; break;
      case Operation::kShiftLeft:
        r[i.result] = Cut(r[i.a] << (r[i.b] & (i.width - 1u)), i.width);
        break;
      case Operation::kShiftRightLogical:
        r[i.result] = Cut(LowBits(r[i.a], i.width) >> (r[i.b] & (i.width - 1u)), i.width);
        break;
      case Operation::kShiftRightArithmetic:
        r[i.result] = static_cast<ValueSlot>(static_cast<int64_t>(r[i.a]) >>
                                             (r[i.b] & (i.width - 1u)));
        break;
      case Operation::kEqual: r[i.result] = r[i.a] == r[i.b]; break;
      case Operation::kNotEqual: r[i.result] = r[i.a] != r[i.b]; break;
      case Operation::kLessSigned:
        r[i.result] = static_cast<int64_t>(r[i.a]) < static_cast<int64_t>(r[i.b]);
        break;
      case Operation::kLessEqualSigned:
        r[i.result] = static_cast<int64_t>(r[i.a]) <= static_cast<int64_t>(r[i.b]);
        break;
      case Operation::kLessUnsigned: r[i.result] = r[i.a] < r[i.b]; break;
      case Operation::kLessEqualUnsigned: r[i.result] = r[i.a] <= r[i.b]; break;
      case Operation::kZeroExtend: r[i.result] = LowBits(r[i.a], i.width); break;
      case Operation::kTruncate: r[i.result] = Cut(r[i.a], i.width); break;
      case Operation::kTruncateToBool: r[i.result] = r[i.a] & 1; break;
      case Operation::kToF32:
        r[i.result] = FloatSlot(static_cast<float>(static_cast<int64_t>(r[i.a])));
        break;
      case Operation::kToF64:
        r[i.result] = std::bit_cast<ValueSlot>(static_cast<double>(static_cast<int64_t>(r[i.a])));
        break;
      case Operation::kF32ToF64:
        r[i.result] = std::bit_cast<ValueSlot>(static_cast<double>(FloatOf(r[i.a])));
        break;
      case Operation::kF64ToF32:
        r[i.result] = FloatSlot(static_cast<float>(std::bit_cast<double>(r[i.a])));
        break;
      case Operation::kMaskTo32: r[i.result] = static_cast<uint32_t>(r[i.a]); break;
      case Operation::kSelect: r[i.result] = r[i.a] != 0 ? r[i.b] : r[i.c]; break;
      case Operation::kPointerOffset: r[i.result] = r[i.a] + i.immediate; break;
      case Operation::kPointerIndex: r[i.result] = r[i.a] + r[i.b] * i.immediate; break;
      case Operation::kLoadBool: r[i.result] = *Pointer(r[i.a] + i.immediate) != 0; break;
      case Operation::kLoad8:
        r[i.result] = LoadInteger<int8_t>(Pointer(r[i.a] + i.immediate));
        break;
      case Operation::kLoad16:
        r[i.result] = LoadInteger<int16_t>(Pointer(r[i.a] + i.immediate));
        break;
      case Operation::kLoad32:
        r[i.result] = LoadInteger<int32_t>(Pointer(r[i.a] + i.immediate));
        break;
      case Operation::kLoadFloat: r[i.result] = LoadFloat(Pointer(r[i.a] + i.immediate)); break;
      case Operation::kLoad64:
        r[i.result] = LoadInteger<int64_t>(Pointer(r[i.a] + i.immediate));
        break;
      case Operation::kStore8: StoreLow<uint8_t>(Pointer(r[i.a] + i.immediate), r[i.b]); break;
      case Operation::kStore16: StoreLow<uint16_t>(Pointer(r[i.a] + i.immediate), r[i.b]); break;
      case Operation::kStore32: StoreLow<uint32_t>(Pointer(r[i.a] + i.immediate), r[i.b]); break;
      case Operation::kStore64: StoreLow<uint64_t>(Pointer(r[i.a] + i.immediate), r[i.b]); break;
      case Operation::kMemoryCopy:
        std::memcpy(Pointer(r[i.a]), Pointer(r[i.b]), i.immediate);
        break;
      case Operation::kMemoryZero: std::memset(Pointer(r[i.a]), 0, i.immediate); break;
      case Operation::kCall:
      case Operation::kCallUncut:
      case Operation::kCallVoid: {
        const uint32_t* registers = function.arguments.data() + i.a;
        for (uint32_t n = 0; n < i.arguments; ++n) arguments[n] = r[registers[n]];
        ValueSlot result = 0;
        reinterpret_cast<Thunk>(i.immediate)(arguments, &result);
        if (i.operation == Operation::kCall) result = Cut(result, i.width);
        if (i.operation != Operation::kCallVoid) r[i.result] = result;
        break;
      }
      case Operation::kJump: next = first + i.b; break;
      case Operation::kJumpIf: next = first + (r[i.a] != 0 ? i.b : i.c); break;
      case Operation::kReturn: return r[i.a];
      case Operation::kReturnVoid: return 0;
    }
  }
}

}  // namespace

InterpretedModule::InterpretedModule() = default;
InterpretedModule::~InterpretedModule() = default;

Result<std::shared_ptr<const InterpretedModule>> InterpretedModule::Make(
    const LoopModule& module, const SymbolTable& symbols) {
  RETURN_IF_ERROR(Verify(module));
  std::shared_ptr<InterpretedModule> result(new InterpretedModule());
  for (const LoopData& data : module.data) {
    // new[] aligns to 16 bytes, the most that data may ask for.
    auto bytes = std::make_unique<char[]>(std::max<size_t>(16, data.bytes.size()));
    std::memcpy(bytes.get(), data.bytes.data(), data.bytes.size());
    result->data_.push_back(std::move(bytes));
  }
  for (const LoopFunction& function : module.functions) {
    ASSIGN_OR_RETURN(InterpretedFunction decoded,
                     Decode(module, function, result->data_, symbols));
    result->functions_.push_back(std::move(decoded));
  }
  return result;
}

size_t InterpretedModule::IndexOf(std::string_view function) const {
  size_t index = 0;
  while (index < functions_.size() && functions_[index].name != function) ++index;
  CHECK(index < functions_.size());
  return index;
}

ValueSlot InterpretedModule::Run(size_t index, std::span<const ValueSlot> arguments) const {
  const InterpretedFunction& function = functions_[index];
  CHECK(arguments.size() == function.parameter_count);
  std::vector<ValueSlot> registers = function.registers;
  std::copy(arguments.begin(), arguments.end(), registers.begin());
  const auto stack =
      std::make_unique_for_overwrite<char[]>(std::max<size_t>(16, function.stack_bytes));
  for (const StackRegister& slot : function.stack_registers) {
    registers[slot.register_index] = reinterpret_cast<ValueSlot>(stack.get() + slot.offset);
  }
  std::vector<ValueSlot> call_arguments(function.most_arguments);
  return Execute(function, registers.data(), call_arguments.data());
}

}  // namespace flinkc
