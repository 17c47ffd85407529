#include "compiler/codegen/control_flow.h"

#include "runtime/base/check.h"

namespace flinkc {

If::If(FunctionBuilder& fn, LoopValue condition, Likelihood likelihood) : fn_(&fn) {
  const LoopBlock then = fn.NewBlock("then");
  else_ = fn.NewBlock("else");
  end_ = fn.NewBlock("end_if");
  fn.JumpIf(condition, then, else_, likelihood);
  fn.SwitchTo(then);
}

void If::Else() {
  CHECK(open_ && !in_else_);
  if (!fn_->Terminated()) fn_->Jump(end_);
  fn_->SwitchTo(else_);
  in_else_ = true;
}

void If::End() {
  if (!open_) return;
  if (!in_else_) Else();
  if (!fn_->Terminated()) fn_->Jump(end_);
  fn_->SwitchTo(end_);
  open_ = false;
}

Loop::Loop(FunctionBuilder& fn, LoopValue begin, LoopValue end) : fn_(&fn) {
  index_ = fn.DeclareVariable("index", begin);
  head_ = fn.NewBlock("loop_head");
  const LoopBlock body = fn.NewBlock("loop_body");
  next_ = fn.NewBlock("loop_next");
  end_block_ = fn.NewBlock("loop_end");
  fn.Jump(head_);
  fn.SwitchTo(head_);
  index_value_ = fn.Get(index_);
  fn.JumpIf(fn.LessSigned(index_value_, end), body, end_block_);
  fn.SwitchTo(body);
}

void Loop::End() {
  if (!open_) return;
  if (!fn_->Terminated()) fn_->Jump(next_);
  fn_->SwitchTo(next_);
  fn_->Set(index_, fn_->Add(index_value_, fn_->I64(1)));
  fn_->Jump(head_);
  fn_->SwitchTo(end_block_);
  open_ = false;
}

While::While(FunctionBuilder& fn, const std::function<LoopValue()>& condition) : fn_(&fn) {
  head_ = fn.NewBlock("while_head");
  const LoopBlock body = fn.NewBlock("while_body");
  end_block_ = fn.NewBlock("while_end");
  fn.Jump(head_);
  fn.SwitchTo(head_);
  fn.JumpIf(condition(), body, end_block_);
  fn.SwitchTo(body);
}

void While::End() {
  if (!open_) return;
  if (!fn_->Terminated()) fn_->Jump(head_);
  fn_->SwitchTo(end_block_);
  open_ = false;
}

}  // namespace flinkc
