// The textual form of loop programs: for people, and as the key of the object cache.
#include <fmt/format.h>

#include <iterator>

#include "compiler/codegen/loop_program.h"

namespace flinkc {
namespace {

using Output = std::back_insert_iterator<std::string>;

// Printable ASCII as it is, every other byte as \xx: distinct bytes give distinct text.
std::string Escaped(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (c >= ' ' && c <= '~' && c != '"' && c != '\\') {
      text += c;
    } else {
      fmt::format_to(std::back_inserter(text), "\\{:02x}", static_cast<unsigned char>(c));
    }
  }
  return text;
}

std::string BlockLabel(const LoopFunction& function, uint32_t block) {
  if (block >= function.blocks.size()) return fmt::format("invalid_{}", block);
  return fmt::format("{}_{}", function.blocks[block].name, block);
}

bool HasImmediateBytes(Opcode opcode) {
  return opcode == Opcode::kPointerOffset || opcode == Opcode::kPointerIndex ||
         opcode == Opcode::kLoad || opcode == Opcode::kStore || opcode == Opcode::kMemoryCopy ||
         opcode == Opcode::kMemoryZero;
}

void PrintInstruction(Output out, const LoopModule& module, const LoopFunction& function,
                      const Instruction& instruction) {
  fmt::format_to(out, "  ");
  if (instruction.result != LoopValue::kNone) fmt::format_to(out, "%{} = ", instruction.result);
  fmt::format_to(out, "{}", Name(instruction.opcode));
  if (instruction.type != ValueType::kVoid) fmt::format_to(out, " {}", Name(instruction.type));
  switch (instruction.opcode) {
    case Opcode::kConstant:
      if (IsFloat(instruction.type)) {
        fmt::format_to(out, " 0x{:x}", instruction.immediate);
      } else {
        fmt::format_to(out, " {}", static_cast<int64_t>(instruction.immediate));
      }
      break;
    case Opcode::kDataAddress: fmt::format_to(out, " d{}", instruction.immediate); break;
    case Opcode::kStackAddress: fmt::format_to(out, " s{}", instruction.immediate); break;
    case Opcode::kGetVariable: fmt::format_to(out, " v{}", instruction.immediate); break;
    case Opcode::kSetVariable: fmt::format_to(out, " v{}", instruction.immediate); break;
    case Opcode::kCall:
      if (instruction.immediate < module.callees.size()) {
        fmt::format_to(out, " @{}", module.callees[instruction.immediate].name);
      }
      break;
    default: break;
  }
  const char* separator = " ";
  for (size_t i = 0; i < OperandCount(function, instruction.opcode); ++i) {
    fmt::format_to(out, "{}%{}", separator, instruction.operands[i]);
    separator = ", ";
  }
  for (const uint32_t argument : instruction.arguments) {
    fmt::format_to(out, "{}%{}", separator, argument);
    separator = ", ";
  }
  if (HasImmediateBytes(instruction.opcode)) {
    fmt::format_to(out, "{}{}", separator, static_cast<int64_t>(instruction.immediate));
  }
  if (instruction.opcode == Opcode::kJump) {
    fmt::format_to(out, " {}", BlockLabel(function, instruction.targets[0]));
  }
  if (instruction.opcode == Opcode::kJumpIf) {
    fmt::format_to(out, ", {}, {}", BlockLabel(function, instruction.targets[0]),
                   BlockLabel(function, instruction.targets[1]));
  }
  if (instruction.likelihood == Likelihood::kLikely) fmt::format_to(out, " likely");
  if (instruction.likelihood == Likelihood::kUnlikely) fmt::format_to(out, " unlikely");
  fmt::format_to(out, "\n");
}

void PrintFunction(Output out, const LoopModule& module, const LoopFunction& function) {
  fmt::format_to(out, "function {} @{}(", Name(function.result), function.name);
  for (size_t i = 0; i < function.parameters.size(); ++i) {
    fmt::format_to(out, "{}{} %{} {}", i == 0 ? "" : ", ", Name(function.parameters[i].type), i,
                   function.parameters[i].name);
  }
  fmt::format_to(out, ") {{\n");
  for (size_t i = 0; i < function.variables.size(); ++i) {
    fmt::format_to(out, "  variable v{} {} {}\n", i, Name(function.variables[i].type),
                   function.variables[i].name);
  }
  for (size_t i = 0; i < function.stack_slots.size(); ++i) {
    fmt::format_to(out, "  stack s{} {} align {}\n", i, function.stack_slots[i].bytes,
                   function.stack_slots[i].alignment);
  }
  for (uint32_t i = 0; i < function.blocks.size(); ++i) {
    fmt::format_to(out, "{}:\n", BlockLabel(function, i));
    for (const Instruction& instruction : function.blocks[i].instructions) {
      PrintInstruction(out, module, function, instruction);
    }
  }
  fmt::format_to(out, "}}\n");
}

}  // namespace

std::string PrintText(const LoopModule& module, const LoopFunction& function) {
  std::string text;
  PrintFunction(std::back_inserter(text), module, function);
  return text;
}

std::string PrintText(const LoopModule& module) {
  std::string text;
  const Output out = std::back_inserter(text);
  fmt::format_to(out, "module \"{}\"\n", Escaped(module.name));
  for (size_t i = 0; i < module.data.size(); ++i) {
    fmt::format_to(out, "data d{} align {} \"{}\"\n", i, module.data[i].alignment,
                   Escaped(module.data[i].bytes));
  }
  for (const LoopCallee& callee : module.callees) {
    fmt::format_to(out, "declare {} {} @{}(", Name(callee.kind), Name(callee.result), callee.name);
    for (size_t i = 0; i < callee.parameters.size(); ++i) {
      fmt::format_to(out, "{}{}", i == 0 ? "" : ", ", Name(callee.parameters[i]));
    }
    fmt::format_to(out, ")\n");
  }
  for (const LoopFunction& function : module.functions) PrintFunction(out, module, function);
  return text;
}

}  // namespace flinkc
