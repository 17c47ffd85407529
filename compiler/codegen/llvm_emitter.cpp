#include "compiler/codegen/llvm_emitter.h"

#include <fmt/format.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <utility>

namespace flinkc {
namespace {

// Weights of a branch whose likelihood is known, as LLVM gives them to __builtin_expect.
constexpr uint32_t kLikelyWeight = 2000;
constexpr uint32_t kUnlikelyWeight = 1;

llvm::Type* TypeOf(ValueType type, llvm::LLVMContext& context) {
  switch (type) {
    case ValueType::kVoid: return llvm::Type::getVoidTy(context);
    case ValueType::kI1: return llvm::Type::getInt1Ty(context);
    case ValueType::kI8: return llvm::Type::getInt8Ty(context);
    case ValueType::kI16: return llvm::Type::getInt16Ty(context);
    case ValueType::kI32: return llvm::Type::getInt32Ty(context);
    case ValueType::kI64: return llvm::Type::getInt64Ty(context);
    case ValueType::kF32: return llvm::Type::getFloatTy(context);
    case ValueType::kF64: return llvm::Type::getDoubleTy(context);
    case ValueType::kPtr: return llvm::PointerType::getUnqual(context);
  }
  return nullptr;
}

// How C passes narrow integers: extended to a register by the caller.
llvm::Attribute::AttrKind ExtensionOf(ValueType type) {
  if (type == ValueType::kI1) return llvm::Attribute::ZExt;
  if (type == ValueType::kI8 || type == ValueType::kI16) return llvm::Attribute::SExt;
  return llvm::Attribute::None;
}

void AddExtensions(llvm::Function* function, ValueType result,
                   const std::vector<ValueType>& parameters) {
  if (ExtensionOf(result) != llvm::Attribute::None) function->addRetAttr(ExtensionOf(result));
  for (unsigned i = 0; i < parameters.size(); ++i) {
    if (ExtensionOf(parameters[i]) != llvm::Attribute::None) {
      function->addParamAttr(i, ExtensionOf(parameters[i]));
    }
  }
}

llvm::FunctionType* FunctionTypeOf(ValueType result, const std::vector<ValueType>& parameters,
                                   llvm::LLVMContext& context) {
  std::vector<llvm::Type*> types;
  for (const ValueType parameter : parameters) types.push_back(TypeOf(parameter, context));
  return llvm::FunctionType::get(TypeOf(result, context), types, false);
}

// The functions that a module calls, declared in its llvm::Module.
class CalleeDeclarations {
 public:
  CalleeDeclarations(const llvm::Module& kernels, llvm::Module& target)
      : kernels_(kernels), target_(target) {}

  Status Declare(const LoopCallee& callee) {
    llvm::FunctionType* type =
        FunctionTypeOf(callee.result, callee.parameters, target_.getContext());
    if (callee.kind != SymbolKind::kKernel) {
      llvm::Function* function = llvm::Function::Create(type, llvm::Function::ExternalLinkage,
                                                        callee.name, target_);
      AddExtensions(function, callee.result, callee.parameters);
      function->setDoesNotThrow();
      functions_.push_back(function);
      return {};
    }
    const llvm::Function* kernel = kernels_.getFunction(callee.name);
    if (kernel == nullptr) {
      return MakeError(ErrorCode::kInternal,
                       fmt::format("kernel {} is not in the kernel bitcode", callee.name));
    }
    if (kernel->getFunctionType() != type) {
      return MakeError(ErrorCode::kInternal,
                       fmt::format("kernel {} has another type in the kernel bitcode than in its "
                                   "NativeSymbol; values wider than 64 bits go by pointer",
                                   callee.name));
    }
    llvm::Function* function =
        llvm::Function::Create(type, llvm::Function::ExternalLinkage, callee.name, target_);
    function->setAttributes(kernel->getAttributes());
    functions_.push_back(function);
    return {};
  }

  llvm::Function* At(uint64_t index) const { return functions_[index]; }

 private:
  const llvm::Module& kernels_;
  llvm::Module& target_;
  std::vector<llvm::Function*> functions_;
};

class FunctionEmitter {
 public:
  FunctionEmitter(const LoopModule& module, const LoopFunction& function,
                  const CalleeDeclarations& callees,
                  const std::vector<llvm::GlobalVariable*>& data, llvm::Module& target)
      : module_(module),
        function_(function),
        callees_(callees),
        data_(data),
        context_(target.getContext()),
        target_(target),
        builder_(context_) {}

  void Run() {
    DeclareFunction();
    const std::vector<uint32_t> order = ReversePostOrder();
    blocks_.assign(function_.blocks.size(), nullptr);
    for (const uint32_t block : order) {
      blocks_[block] =
          llvm::BasicBlock::Create(context_, function_.blocks[block].name, llvm_function_);
    }
    builder_.SetInsertPoint(blocks_[0]);
    AllocateStorage();
    for (const uint32_t block : order) {
      builder_.SetInsertPoint(blocks_[block]);
      for (const Instruction& instruction : function_.blocks[block].instructions) Emit(instruction);
    }
  }

 private:
  void DeclareFunction() {
    std::vector<ValueType> parameters;
    for (const VariableDeclaration& parameter : function_.parameters) {
      parameters.push_back(parameter.type);
    }
    llvm_function_ =
        llvm::Function::Create(FunctionTypeOf(function_.result, parameters, context_),
                               llvm::Function::ExternalLinkage, function_.name, target_);
    AddExtensions(llvm_function_, function_.result, parameters);
    llvm_function_->setDoesNotThrow();
    values_.assign(function_.value_types.size(), nullptr);
    for (unsigned i = 0; i < parameters.size(); ++i) {
      llvm_function_->getArg(i)->setName(function_.parameters[i].name);
      values_[i] = llvm_function_->getArg(i);
    }
  }

  // Every value is set in a block that dominates its uses, so that this order meets it before
  // them. Blocks that nothing reaches are left out.
  std::vector<uint32_t> ReversePostOrder() const {
    std::vector<uint32_t> order;
    std::vector<bool> seen(function_.blocks.size(), false);
    std::vector<std::pair<uint32_t, int>> open = {{0, 1}};
    seen[0] = true;
    while (!open.empty()) {
      auto& [block, next_target] = open.back();
      const Instruction& terminator = function_.blocks[block].instructions.back();
      const int first = terminator.opcode == Opcode::kJumpIf ? 1 : 0;
      const bool jumps = terminator.opcode != Opcode::kReturn;
      if (!jumps || next_target < 0) {
        order.push_back(block);
        open.pop_back();
        continue;
      }
      const uint32_t target = terminator.targets[std::min(next_target, first)];
      next_target = std::min(next_target, first) - 1;
      if (!seen[target]) {
        seen[target] = true;
        open.push_back({target, 1});
      }
    }
    return {order.rbegin(), order.rend()};
  }

  void AllocateStorage() {
    for (const VariableDeclaration& variable : function_.variables) {
      variables_.push_back(
          builder_.CreateAlloca(TypeOf(variable.type, context_), nullptr, variable.name));
    }
    for (const StackSlotDeclaration& slot : function_.stack_slots) {
      llvm::AllocaInst* storage = builder_.CreateAlloca(
          llvm::ArrayType::get(builder_.getInt8Ty(), slot.bytes), nullptr, "slot");
      storage->setAlignment(llvm::Align(slot.alignment));
      stack_slots_.push_back(storage);
    }
  }

  llvm::Value* Operand(const Instruction& instruction, size_t index) const {
    return values_[instruction.operands[index]];
  }

  llvm::Value* Constant(const Instruction& instruction) {
    llvm::Type* type = TypeOf(instruction.type, context_);
    if (instruction.type == ValueType::kPtr) return llvm::Constant::getNullValue(type);
    if (instruction.type == ValueType::kF32) {
      return llvm::ConstantFP::get(
          context_, llvm::APFloat(llvm::APFloat::IEEEsingle(),
                                  llvm::APInt(32, instruction.immediate & 0xFFFFFFFFu)));
    }
    if (instruction.type == ValueType::kF64) {
      return llvm::ConstantFP::get(context_, llvm::APFloat(llvm::APFloat::IEEEdouble(),
                                                           llvm::APInt(64, instruction.immediate)));
    }
    return llvm::ConstantInt::get(type, instruction.immediate, true);
  }

  // A shift by the width or more is poison in LLVM; here the amount counts modulo the width.
  llvm::Value* ShiftAmount(const Instruction& instruction) {
    return builder_.CreateAnd(Operand(instruction, 1), BitWidth(instruction.type) - 1);
  }

  llvm::Value* ByteAddress(llvm::Value* pointer, llvm::Value* offset) {
    return builder_.CreateGEP(builder_.getInt8Ty(), pointer, offset);
  }

  llvm::Value* ByteAddress(llvm::Value* pointer, uint64_t offset) {
    return offset == 0 ? pointer : ByteAddress(pointer, builder_.getInt64(offset));
  }

  llvm::Value* Load(const Instruction& instruction) {
    llvm::Value* address = ByteAddress(Operand(instruction, 0), instruction.immediate);
    if (instruction.type == ValueType::kI1) {
      llvm::Value* byte =
          builder_.CreateAlignedLoad(builder_.getInt8Ty(), address, llvm::Align(1));
      return builder_.CreateICmpNE(byte, builder_.getInt8(0));
    }
    return builder_.CreateAlignedLoad(TypeOf(instruction.type, context_), address, llvm::Align(1));
  }

  void Store(const Instruction& instruction) {
    llvm::Value* value = Operand(instruction, 1);
    if (instruction.type == ValueType::kI1)
      value = builder_.CreateZExt(value, builder_.getInt8Ty());
    builder_.CreateAlignedStore(value, ByteAddress(Operand(instruction, 0), instruction.immediate),
                                llvm::Align(1));
  }

  llvm::Value* Call(const Instruction& instruction) {
    llvm::Function* callee = callees_.At(instruction.immediate);
    std::vector<llvm::Value*> arguments;
    for (const uint32_t argument : instruction.arguments) arguments.push_back(values_[argument]);
    llvm::CallInst* call = builder_.CreateCall(callee, arguments);
    // What the callee's ABI says of narrow integers must stand at the call as well.
    llvm::AttributeList attributes;
    const LoopCallee& declaration = module_.callees[instruction.immediate];
    for (unsigned i = 0; i < arguments.size(); ++i) {
      for (const llvm::Attribute::AttrKind kind : {llvm::Attribute::ZExt, llvm::Attribute::SExt}) {
        if (callee->hasParamAttribute(i, kind)) {
          attributes = attributes.addParamAttribute(context_, i, kind);
        }
      }
    }
    for (const llvm::Attribute::AttrKind kind : {llvm::Attribute::ZExt, llvm::Attribute::SExt}) {
      if (callee->hasRetAttribute(kind)) attributes = attributes.addRetAttribute(context_, kind);
    }
    call->setAttributes(attributes);
    call->setDoesNotThrow();
    return declaration.result == ValueType::kVoid ? nullptr : call;
  }

  void JumpIf(const Instruction& instruction) {
    llvm::MDNode* weights = nullptr;
    if (instruction.likelihood != Likelihood::kUnknown) {
      const bool likely = instruction.likelihood == Likelihood::kLikely;
      weights = llvm::MDBuilder(context_).createBranchWeights(
          likely ? kLikelyWeight : kUnlikelyWeight, likely ? kUnlikelyWeight : kLikelyWeight);
    }
    builder_.CreateCondBr(Operand(instruction, 0), blocks_[instruction.targets[0]],
                          blocks_[instruction.targets[1]], weights);
  }

  void Emit(const Instruction& instruction) {
    llvm::Value* value = EmitValue(instruction);
    if (instruction.result != LoopValue::kNone) values_[instruction.result] = value;
  }

  // The result; nullptr of an instruction without one.
  llvm::Value* EmitValue(const Instruction& instruction) {
    llvm::Type* type = TypeOf(instruction.type, context_);
    const auto operand = [&](size_t index) { return Operand(instruction, index); };
    switch (instruction.opcode) {
      case Opcode::kConstant: return Constant(instruction);
      case Opcode::kDataAddress: return data_[instruction.immediate];
      case Opcode::kStackAddress: return stack_slots_[instruction.immediate];
      case Opcode::kAdd: return builder_.CreateAdd(operand(0), operand(1));
      case Opcode::kSub: return builder_.CreateSub(operand(0), operand(1));
      case Opcode::kMul: return builder_.CreateMul(operand(0), operand(1));
      case Opcode::kAnd: return builder_.CreateAnd(operand(0), operand(1));
      case Opcode::kOr: return builder_.CreateOr(operand(0), operand(1));
      case Opcode::kXor: return builder_.CreateXor(operand(0), operand(1));
      case Opcode::kShiftLeft: return builder_.CreateShl(operand(0), ShiftAmount(instruction));
      case Opcode::kShiftRightLogical:
        return builder_.CreateLShr(operand(0), ShiftAmount(instruction));
      case Opcode::kShiftRightArithmetic:
        return builder_.CreateAShr(operand(0), ShiftAmount(instruction));
      case Opcode::kEqual: return builder_.CreateICmpEQ(operand(0), operand(1));
      case Opcode::kNotEqual: return builder_.CreateICmpNE(operand(0), operand(1));
      case Opcode::kLessSigned: return Less(instruction, llvm::CmpInst::ICMP_SLT);
      case Opcode::kLessEqualSigned: return Less(instruction, llvm::CmpInst::ICMP_SLE);
      case Opcode::kLessUnsigned: return Less(instruction, llvm::CmpInst::ICMP_ULT);
      case Opcode::kLessEqualUnsigned: return Less(instruction, llvm::CmpInst::ICMP_ULE);
      case Opcode::kZeroExtend: return builder_.CreateZExt(operand(0), type);
      case Opcode::kSignExtend: return builder_.CreateSExt(operand(0), type);
      case Opcode::kTruncate: return builder_.CreateTrunc(operand(0), type);
      case Opcode::kSignedToFloat: return builder_.CreateSIToFP(operand(0), type);
      case Opcode::kFloatToFloat: return builder_.CreateFPCast(operand(0), type);
      case Opcode::kBitCast: return builder_.CreateBitCast(operand(0), type);
      case Opcode::kSelect: return builder_.CreateSelect(operand(0), operand(1), operand(2));
      case Opcode::kPointerOffset: return ByteAddress(operand(0), instruction.immediate);
      case Opcode::kPointerIndex:
        return ByteAddress(operand(0), builder_.CreateMul(operand(1), builder_.getInt64(
                                                                          instruction.immediate)));
      case Opcode::kLoad: return Load(instruction);
      case Opcode::kGetVariable:
        return builder_.CreateLoad(type, variables_[instruction.immediate]);
      case Opcode::kCall: return Call(instruction);
      default: EmitEffect(instruction); return nullptr;
    }
  }

  // kI1 is 0 or 1 also when compared as signed, where LLVM's i1 would be 0 or -1.
  llvm::Value* Less(const Instruction& instruction, llvm::CmpInst::Predicate predicate) {
    const bool is_bool = function_.value_types[instruction.operands[0]] == ValueType::kI1;
    if (is_bool) predicate = llvm::ICmpInst::getUnsignedPredicate(predicate);
    return builder_.CreateICmp(predicate, Operand(instruction, 0), Operand(instruction, 1));
  }

  void EmitEffect(const Instruction& instruction) {
    switch (instruction.opcode) {
      case Opcode::kStore: Store(instruction); break;
      case Opcode::kMemoryCopy:
        builder_.CreateMemCpy(Operand(instruction, 0), llvm::MaybeAlign(1), Operand(instruction, 1),
                              llvm::MaybeAlign(1), instruction.immediate);
        break;
      case Opcode::kMemoryZero:
        builder_.CreateMemSet(Operand(instruction, 0), builder_.getInt8(0), instruction.immediate,
                              llvm::MaybeAlign(1));
        break;
      case Opcode::kSetVariable:
        builder_.CreateStore(Operand(instruction, 0), variables_[instruction.immediate]);
        break;
      case Opcode::kJump: builder_.CreateBr(blocks_[instruction.targets[0]]); break;
      case Opcode::kJumpIf: JumpIf(instruction); break;
      case Opcode::kReturn:
        if (function_.result == ValueType::kVoid) {
          builder_.CreateRetVoid();
        } else {
          builder_.CreateRet(Operand(instruction, 0));
        }
        break;
      default: break;
    }
  }

  const LoopModule& module_;
  const LoopFunction& function_;
  const CalleeDeclarations& callees_;
  const std::vector<llvm::GlobalVariable*>& data_;
  llvm::LLVMContext& context_;
  llvm::Module& target_;
  llvm::IRBuilder<> builder_;
  llvm::Function* llvm_function_ = nullptr;
  std::vector<llvm::BasicBlock*> blocks_;
  std::vector<llvm::Value*> values_;
  std::vector<llvm::AllocaInst*> variables_;
  std::vector<llvm::AllocaInst*> stack_slots_;
};

std::vector<llvm::GlobalVariable*> EmitData(const LoopModule& module, llvm::Module& target) {
  std::vector<llvm::GlobalVariable*> globals;
  for (const LoopData& data : module.data) {
    llvm::Constant* bytes =
        llvm::ConstantDataArray::getString(target.getContext(), data.bytes, /*AddNull=*/false);
    auto* global = new llvm::GlobalVariable(target, bytes->getType(), /*isConstant=*/true,
                                            llvm::GlobalValue::PrivateLinkage, bytes, "data");
    global->setUnnamedAddr(llvm::GlobalValue::UnnamedAddr::Global);
    global->setAlignment(llvm::Align(data.alignment));
    globals.push_back(global);
  }
  return globals;
}

}  // namespace

Result<std::unique_ptr<llvm::Module>> EmitLlvm(const LoopModule& module,
                                               const llvm::TargetMachine& target,
                                               const llvm::Module& kernels,
                                               llvm::LLVMContext& context) {
  auto result = std::make_unique<llvm::Module>(module.name, context);
  result->setTargetTriple(target.getTargetTriple().str());
  result->setDataLayout(target.createDataLayout());
  CalleeDeclarations callees(kernels, *result);
  for (const LoopCallee& callee : module.callees) RETURN_IF_ERROR(callees.Declare(callee));
  const std::vector<llvm::GlobalVariable*> data = EmitData(module, *result);
  for (const LoopFunction& function : module.functions) {
    FunctionEmitter(module, function, callees, data, *result).Run();
  }
  return result;
}

}  // namespace flinkc
