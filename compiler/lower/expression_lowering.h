// Typed expressions to loop values: SQL's three-valued logic and failures as control flow.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/codegen/function_builder.h"
#include "compiler/expression/expr.h"
#include "compiler/lower/lowered_value.h"

namespace flinkc {

// Where control goes when a kernel fails: `status` is set to the RowStatus, then `block` is
// entered. The block is made when it is first needed; nothing jumps to it if `used` is false.
struct FailureTarget {
  LoopVariable status;
  LoopBlock block;
  bool used = false;

  static FailureTarget Make(FunctionBuilder& fn);
};

// The function states that the kernels of a chain need, in the order of
// KernelContext::function_states. Equal (function, constants) share one.
class FunctionStates {
 public:
  // `time_zone`: of the job, by name.
  explicit FunctionStates(std::string time_zone) : time_zone_(std::move(time_zone)) {}

  // The index of the state that `resolution` prepares from `constants`.
  uint32_t Add(const Resolution& resolution, std::vector<Value> constants);
  // Makes all of them, in order.
  std::vector<FunctionState> Prepare() const;

 private:
  struct Entry {
    FunctionState (*prepare)(std::span<const Value>);
    std::vector<Value> constants;
  };
  std::string time_zone_;
  std::vector<Entry> entries_;
};

class ExpressionLowering {
 public:
  // `context` is the ChainContext* of the function being written.
  ExpressionLowering(FunctionBuilder& fn, LoopValue context, FunctionStates& states)
      : fn_(fn), context_(context), states_(states) {}

  // The value of `expr` over `row`. Failures leave to `failure`.
  LoweredValue Emit(const Expr& expr, const LoweredRow& row, FailureTarget& failure);
  // kI1: `expr` is TRUE (neither FALSE nor NULL).
  LoopValue EmitIsTrue(const Expr& expr, const LoweredRow& row, FailureTarget& failure);

  // Calls a kernel of the convention of FunctionRecord on lowered arguments, and leaves to
  // `failure` with its status if it fails. Used for casts, functions and results of aggregates.
  // `arguments` begin with what stands before them (context, heap, state, …).
  LoweredValue EmitStatusCall(std::string_view kernel, std::vector<LoopValue> arguments,
                              const DataType& result, bool may_be_null, bool fallible,
                              FailureTarget& failure);
  // Leaves to `failure` if `status` (kI32) is a failure.
  void LeaveOnFailure(LoopValue status, FailureTarget& failure);

 private:
  // Emit without looking for the value among those that are there.
  LoweredValue EmitFresh(const Expr& expr, const LoweredRow& row, FailureTarget& failure);
  LoweredValue EmitCall(const Expr& expr, const LoweredRow& row, FailureTarget& failure);
  // Writes a PackedArgument.
  void StorePacked(const DataType& type, const LoweredValue& value, LoopValue address);
  LoweredValue EmitLogical(const Expr& expr, const LoweredRow& row, FailureTarget& failure);
  LoweredValue EmitCase(const Expr& expr, const LoweredRow& row, FailureTarget& failure);
  LoweredValue EmitCoalesce(const Expr& expr, const LoweredRow& row, FailureTarget& failure);
  LoweredValue EmitTry(const Expr& expr, const LoweredRow& row);

  // --- higher_order_lowering.cpp ---
  LoweredValue EmitHigherOrder(const Expr& expr, const LoweredRow& row, FailureTarget& failure);
  LoweredValue EmitMatch(const Expr& expr, LoopValue array, const LoweredRow& row,
                         FailureTarget& failure);
  LoweredValue EmitReduce(const Expr& expr, LoopValue array, const LoweredValue& initial,
                          const LoweredRow& row, FailureTarget& failure);
  // An array or map of what the lambda makes of one.
  LoweredValue EmitCollection(const Expr& expr, LoopValue collection, const LoweredRow& row,
                              FailureTarget& failure);
  LoweredValue EmitElement(std::string_view kernel, LoopValue collection, LoopValue index,
                           const DataType& type, FailureTarget& failure);
  // kI64: the elements of an array, the entries of a map.
  LoopValue ElementCount(LoopValue collection);

  // Whether a second evaluation is worth avoiding: LLVM does so for what it can see into.
  bool IsNativeCall(const Expr& expr) const;

  // The values of native calls that stand on every way to the current block, within one Emit from
  // outside: `CASE lower(x) WHEN …` lowers x once. Parts that are not always passed forget what
  // they made.
  struct KnownValue {
    const Expr* expr;
    LoweredValue value;
  };
  class Optional;
  class Body;

  FunctionBuilder& fn_;
  LoopValue context_;
  FunctionStates& states_;
  std::vector<KnownValue> known_;
  // The parameters of the lambdas whose bodies are being lowered, by level.
  std::vector<LoweredValue> parameters_;
  uint32_t depth_ = 0;  // of Emit
};

}  // namespace flinkc
