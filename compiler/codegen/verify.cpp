// Verify: the rules of loop_program.h, checked on a whole module.
#include <fmt/format.h>

#include <bit>
#include <set>

#include "compiler/codegen/loop_program.h"

namespace flinkc {
namespace {

// A set of small numbers.
class BitSet {
 public:
  BitSet(size_t size, bool all) : words_((size + 63) / 64, all ? ~uint64_t{0} : 0) {}
  bool Has(size_t i) const { return (words_[i / 64] >> (i % 64) & 1) != 0; }
  void Insert(size_t i) { words_[i / 64] |= uint64_t{1} << (i % 64); }
  // Keeps what is also in `other`; true if that removed something.
  bool IntersectWith(const BitSet& other) {
    bool changed = false;
    for (size_t i = 0; i < words_.size(); ++i) {
      const uint64_t both = words_[i] & other.words_[i];
      changed |= both != words_[i];
      words_[i] = both;
    }
    return changed;
  }

 private:
  std::vector<uint64_t> words_;
};

class FunctionVerifier {
 public:
  FunctionVerifier(const LoopModule& module, const LoopFunction& function)
      : module_(module), function_(function) {}

  Status Run() {
    RETURN_IF_ERROR(CheckDeclarations());
    for (uint32_t block = 0; block < function_.blocks.size(); ++block) {
      RETURN_IF_ERROR(CheckBlock(block));
    }
    return CheckUses();
  }

 private:
  std::unexpected<Error> Fault(const std::string& what) const {
    return MakeError(ErrorCode::kInternal,
                     fmt::format("loop program {}, function {}, block {}, instruction {}: {}",
                                 module_.name, function_.name, block_, index_, what));
  }

  Status CheckDeclarations() {
    if (function_.blocks.empty()) return Fault("there is no entry block");
    if (function_.value_types.size() < function_.parameters.size()) {
      return Fault("parameters have no value types");
    }
    for (const VariableDeclaration& variable : function_.variables) {
      if (variable.type == ValueType::kVoid) return Fault("a variable has the type void");
    }
    for (const StackSlotDeclaration& slot : function_.stack_slots) {
      if (slot.bytes == 0 || !std::has_single_bit(slot.alignment) || slot.alignment > 16) {
        return Fault("a stack slot is empty or badly aligned");
      }
    }
    defined_.assign(function_.value_types.size(), false);
    for (size_t i = 0; i < function_.parameters.size(); ++i) defined_[i] = true;
    reachable_.assign(function_.blocks.size(), false);
    std::vector<uint32_t> open = {0};
    reachable_[0] = true;
    while (!open.empty()) {
      const std::vector<Instruction>& block = function_.blocks[open.back()].instructions;
      open.pop_back();
      if (block.empty()) continue;
      for (const uint32_t target : Targets(block.back())) {
        if (target == 0 || target >= function_.blocks.size()) {
          return Fault(fmt::format("jump to block {}", target));
        }
        if (!reachable_[target]) open.push_back(target);
        reachable_[target] = true;
      }
    }
    return {};
  }

  static std::vector<uint32_t> Targets(const Instruction& terminator) {
    if (terminator.opcode == Opcode::kJump) return {terminator.targets[0]};
    if (terminator.opcode != Opcode::kJumpIf) return {};
    return {terminator.targets[0], terminator.targets[1]};
  }

  Status CheckBlock(uint32_t block) {
    block_ = block;
    const std::vector<Instruction>& instructions = function_.blocks[block].instructions;
    // What follows a scope whose ways all returned is never reached, and may end nowhere.
    if (reachable_[block] && (instructions.empty() || !IsTerminator(instructions.back().opcode))) {
      return Fault("the block has no terminator");
    }
    for (index_ = 0; index_ < instructions.size(); ++index_) {
      const Instruction& instruction = instructions[index_];
      if (IsTerminator(instruction.opcode) && index_ + 1 != instructions.size()) {
        return Fault("a terminator stands within the block");
      }
      RETURN_IF_ERROR(CheckInstruction(instruction));
    }
    return {};
  }

  ValueType TypeOf(uint32_t value) const { return function_.value_types[value]; }

  Status CheckResult(const Instruction& instruction) {
    const bool writes = instruction.opcode == Opcode::kStore ||
                        instruction.opcode == Opcode::kSetVariable;
    const bool expected = instruction.type != ValueType::kVoid && !writes;
    if ((instruction.result != LoopValue::kNone) != expected)
      return Fault("result and type differ");
    if (!expected) return {};
    if (instruction.result >= function_.value_types.size() ||
        TypeOf(instruction.result) != instruction.type) {
      return Fault("the result has another type than its value");
    }
    if (defined_[instruction.result]) {
      return Fault(fmt::format("%{} is defined twice", instruction.result));
    }
    defined_[instruction.result] = true;
    return {};
  }

  Status CheckInstruction(const Instruction& instruction) {
    RETURN_IF_ERROR(CheckResult(instruction));
    const size_t count = OperandCount(function_, instruction.opcode);
    for (size_t i = 0; i < count; ++i) {
      if (instruction.operands[i] >= function_.value_types.size()) return Fault("no such operand");
    }
    ValueType types[3] = {ValueType::kVoid, ValueType::kVoid, ValueType::kVoid};
    for (size_t i = 0; i < count; ++i) types[i] = TypeOf(instruction.operands[i]);
    if (instruction.opcode == Opcode::kCall) return CheckCall(instruction);
    if (!TypesFit(instruction, types)) {
      return Fault(fmt::format("wrong operand of {}", Name(instruction.opcode)));
    }
    return {};
  }

  Status CheckCall(const Instruction& call) {
    if (call.immediate >= module_.callees.size()) return Fault("no such callee");
    const LoopCallee& callee = module_.callees[call.immediate];
    if (call.type != callee.result || call.arguments.size() != callee.parameters.size()) {
      return Fault(fmt::format("call of {} with another result or number of arguments",
                               callee.name));
    }
    for (size_t i = 0; i < call.arguments.size(); ++i) {
      if (call.arguments[i] >= function_.value_types.size() ||
          TypeOf(call.arguments[i]) != callee.parameters[i]) {
        return Fault(fmt::format("argument {} of {} has another type", i, callee.name));
      }
    }
    return {};
  }

  bool TypesFit(const Instruction& instruction, const ValueType* operands) const {
    const ValueType type = instruction.type;
    const ValueType a = operands[0];
    const ValueType b = operands[1];
    switch (instruction.opcode) {
      case Opcode::kConstant:
        // Generated code holds no absolute address: the object cache outlives the process.
        return type != ValueType::kVoid && (type != ValueType::kPtr || instruction.immediate == 0);
      case Opcode::kDataAddress:
        return type == ValueType::kPtr && instruction.immediate < module_.data.size();
      case Opcode::kStackAddress:
        return type == ValueType::kPtr && instruction.immediate < function_.stack_slots.size();
      case Opcode::kAnd:
      case Opcode::kOr:
      case Opcode::kXor: return IsInteger(type) && a == type && b == type;
      case Opcode::kAdd:
      case Opcode::kSub:
      case Opcode::kMul:
      case Opcode::kShiftLeft:
      case Opcode::kShiftRightLogical:
      case Opcode::kShiftRightArithmetic:
        return IsInteger(type) && type != ValueType::kI1 && a == type && b == type;
      case Opcode::kEqual:
      case Opcode::kNotEqual:
      case Opcode::kLessUnsigned:
      case Opcode::kLessEqualUnsigned:
        return type == ValueType::kI1 && a == b && (IsInteger(a) || a == ValueType::kPtr);
      case Opcode::kLessSigned:
      case Opcode::kLessEqualSigned: return type == ValueType::kI1 && a == b && IsInteger(a);
      case Opcode::kSignExtend:
        if (a == ValueType::kI1) return false;  // a bool has no sign
        [[fallthrough]];
      case Opcode::kZeroExtend:
        return IsInteger(a) && IsInteger(type) && BitWidth(a) < BitWidth(type);
      case Opcode::kTruncate:
        return IsInteger(a) && IsInteger(type) && BitWidth(a) > BitWidth(type);
      case Opcode::kSignedToFloat: return IsInteger(a) && a != ValueType::kI1 && IsFloat(type);
      case Opcode::kFloatToFloat: return IsFloat(a) && IsFloat(type) && a != type;
      case Opcode::kBitCast:
        return (IsFloat(a) ? IsInteger(type) : IsInteger(a) && IsFloat(type)) &&
               ByteWidth(a) == ByteWidth(type);
      case Opcode::kSelect: return a == ValueType::kI1 && b == type && operands[2] == type;
      case Opcode::kPointerOffset: return type == ValueType::kPtr && a == ValueType::kPtr;
      case Opcode::kPointerIndex:
        return type == ValueType::kPtr && a == ValueType::kPtr && b == ValueType::kI64;
      case Opcode::kLoad: return type != ValueType::kVoid && a == ValueType::kPtr;
      case Opcode::kStore: return a == ValueType::kPtr && b == type && type != ValueType::kVoid;
      case Opcode::kMemoryCopy: return a == ValueType::kPtr && b == ValueType::kPtr;
      case Opcode::kMemoryZero: return a == ValueType::kPtr;
      case Opcode::kGetVariable:
      case Opcode::kSetVariable:
        return instruction.immediate < function_.variables.size() &&
               function_.variables[instruction.immediate].type == type &&
               (instruction.opcode == Opcode::kGetVariable || a == type);
      case Opcode::kCall:
      case Opcode::kJump: return true;
      case Opcode::kJumpIf: return a == ValueType::kI1;
      case Opcode::kReturn: return a == function_.result;
    }
    return false;
  }

  // A forward analysis: what is certainly set at the start of each block is what is set at the end
  // of all blocks that jump to it. Values first, then variables.
  Status CheckUses() {
    const size_t values = function_.value_types.size();
    const size_t size = values + function_.variables.size();
    std::vector<BitSet> at_start(function_.blocks.size(), BitSet(size, true));
    BitSet parameters(size, false);
    for (size_t i = 0; i < function_.parameters.size(); ++i) parameters.Insert(i);
    at_start[0] = parameters;
    std::vector<uint32_t> open = {0};
    std::vector<bool> seen(function_.blocks.size(), false);
    while (!open.empty()) {
      const uint32_t block = open.back();
      open.pop_back();
      BitSet set = at_start[block];
      for (const Instruction& instruction : function_.blocks[block].instructions) {
        MarkSet(instruction, values, set);
      }
      for (const uint32_t target : Targets(function_.blocks[block].instructions.back())) {
        const bool changed = at_start[target].IntersectWith(set);
        if (changed || !seen[target]) open.push_back(target);
        seen[target] = true;
      }
    }
    for (block_ = 0; block_ < function_.blocks.size(); ++block_) {
      if (reachable_[block_]) RETURN_IF_ERROR(CheckUsesOf(at_start[block_], values));
    }
    return {};
  }

  static void MarkSet(const Instruction& instruction, size_t values, BitSet& set) {
    if (instruction.result != LoopValue::kNone) set.Insert(instruction.result);
    if (instruction.opcode == Opcode::kSetVariable) set.Insert(values + instruction.immediate);
  }

  Status CheckUsesOf(BitSet set, size_t values) {
    const std::vector<Instruction>& instructions = function_.blocks[block_].instructions;
    for (index_ = 0; index_ < instructions.size(); ++index_) {
      const Instruction& instruction = instructions[index_];
      for (size_t i = 0; i < OperandCount(function_, instruction.opcode); ++i) {
        if (!set.Has(instruction.operands[i])) {
          return Fault(fmt::format("%{} may not be set here", instruction.operands[i]));
        }
      }
      for (const uint32_t argument : instruction.arguments) {
        if (!set.Has(argument)) return Fault(fmt::format("%{} may not be set here", argument));
      }
      if (instruction.opcode == Opcode::kGetVariable && !set.Has(values + instruction.immediate)) {
        return Fault(fmt::format("variable {} may not be set here",
                                 function_.variables[instruction.immediate].name));
      }
      MarkSet(instruction, values, set);
    }
    return {};
  }

  const LoopModule& module_;
  const LoopFunction& function_;
  std::vector<bool> defined_;
  std::vector<bool> reachable_;
  uint32_t block_ = 0;
  size_t index_ = 0;
};

}  // namespace

Status Verify(const LoopModule& module) {
  std::set<std::string_view> names;
  for (const LoopCallee& callee : module.callees) {
    if (!names.insert(callee.name).second) {
      return MakeError(ErrorCode::kInternal,
                       fmt::format("loop program {}: callee {} is declared twice", module.name,
                                   callee.name));
    }
  }
  for (const LoopFunction& function : module.functions) {
    if (!names.insert(function.name).second) {
      return MakeError(ErrorCode::kInternal,
                       fmt::format("loop program {}: {} is defined twice or also a callee",
                                   module.name, function.name));
    }
    RETURN_IF_ERROR(FunctionVerifier(module, function).Run());
  }
  return {};
}

}  // namespace flinkc
