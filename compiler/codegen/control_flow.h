// Scopes of FunctionBuilder: the code written while one is open belongs to it, as in
//   If late(fn, fn.LessSigned(time, watermark), Likelihood::kUnlikely);
//   …
//   late.Else();
//   …
//   late.End();
// The destructor ends a scope that is still open. Scopes close in the reverse order of opening.
#pragma once

#include <functional>

#include "compiler/codegen/function_builder.h"

namespace flinkc {

class If {
 public:
  // `likelihood` of the condition being true.
  If(FunctionBuilder& fn, LoopValue condition, Likelihood likelihood = Likelihood::kUnknown);
  ~If() { End(); }
  If(const If&) = delete;
  If& operator=(const If&) = delete;

  void Else();
  void End();

 private:
  FunctionBuilder* fn_;
  LoopBlock else_;
  LoopBlock end_;
  bool in_else_ = false;
  bool open_ = true;
};

// for (index = begin; index < end; ++index), both kI64, compared as signed. `end` is read once.
class Loop {
 public:
  Loop(FunctionBuilder& fn, LoopValue begin, LoopValue end);
  ~Loop() { End(); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // The index of this turn.
  LoopValue index() const { return index_value_; }
  // Still set after the loop: `end` (or begin, when that is larger), or where Break left it.
  LoopVariable index_variable() const { return index_; }
  // End the current block: the next turn; out of the loop.
  void Continue() { fn_->Jump(next_); }
  void Break() { fn_->Jump(end_block_); }
  LoopBlock next_block() const { return next_; }
  LoopBlock end_block() const { return end_block_; }
  void End();

 private:
  FunctionBuilder* fn_;
  LoopVariable index_;
  LoopValue index_value_;
  LoopBlock head_;
  LoopBlock next_;
  LoopBlock end_block_;
  bool open_ = true;
};

// while (condition()); the condition is written once, at the loop's head.
class While {
 public:
  While(FunctionBuilder& fn, const std::function<LoopValue()>& condition);
  ~While() { End(); }
  While(const While&) = delete;
  While& operator=(const While&) = delete;

  void Continue() { fn_->Jump(head_); }
  void Break() { fn_->Jump(end_block_); }
  void End();

 private:
  FunctionBuilder* fn_;
  LoopBlock head_;
  LoopBlock end_block_;
  bool open_ = true;
};

}  // namespace flinkc
