#include "tests/unit/compiler/expression/checking.h"

#include <fmt/format.h>

#include "tests/unit/compiler/expression/test_registry.h"

namespace flinkc {

const Schema& Orders() {
  static const Schema* const schema = new Schema({
      {"id", DataType(TypeKind::kBigint, false)},
      {"n", DataType(TypeKind::kInt)},
      {"name", DataType::String()},
      {"price", DataType::Decimal(12, 2)},
      {"score", DataType(TypeKind::kDouble)},
      {"ok", DataType(TypeKind::kBoolean)},
      {"sure", DataType(TypeKind::kBoolean, false)},
      {"ts", DataType::Timestamp(3, false)},
      {"day", DataType(TypeKind::kDate)},
      {"tags", DataType::Array(DataType::String())},
      {"address", DataType::Row({"city", "zip"},
                                {DataType::String(0, false, false), DataType(TypeKind::kInt)})},
      {"small", DataType(TypeKind::kTinyint)},
      {"label", DataType::String(10)},
      {"two words", DataType(TypeKind::kInt)},
  });
  return *schema;
}

Checking::Checking(std::string_view text) {
  text_ = Whole(text);
  parameters_["limit"] = {DataType(TypeKind::kInt), {int64_t{100}}};
  parameters_["city"] = {DataType::String(), {std::string("Bern' OR '1'='1")}};
  scope_.registry = &TestRegistry();
  scope_.columns = &Orders();
  scope_.input_name = "stream `orders`";
  scope_.parameters = &parameters_;
  scope_.macros = &macros_;
}

SourceText Checking::Whole(std::string_view text) {
  buffers_.push_back(std::make_unique<SourceBuffer>("test.yaml", std::string(text)));
  SourceText whole;
  whole.value = text;
  whole.span = {buffers_.back().get(), 0, static_cast<uint32_t>(text.size())};
  return whole;
}

void Checking::AddMacro(std::string name, std::vector<FunctionMacro::Argument> arguments,
                        std::string_view body, std::optional<DataType> returns) {
  FunctionMacro macro;
  macro.arguments = std::move(arguments);
  macro.returns = std::move(returns);
  macro.body = Whole(body);
  macro.span = macro.body.span;
  macros_[std::move(name)] = std::move(macro);
}

std::string Checking::FirstError() const {
  if (log_.diagnostics().empty()) return "no error was reported";
  const Diagnostic& first = log_.diagnostics()[0];
  std::string_view file = first.span.buffer->text();
  std::string text = fmt::format("{} {} @ {}", Info(first.code).number, first.message,
                                 file.substr(first.span.begin, first.span.end - first.span.begin));
  if (!first.label.empty()) {
    size_t start = first.label.find_first_not_of(' ');
    text += " ^ " + first.label.substr(start);
  }
  return text;
}

std::string Checking::Show(const ExprPtr& expr) const {
  if (expr == nullptr || log_.has_errors()) return FirstError();
  return fmt::format("{} : {}", expr->ToString(), expr->type().ToString());
}

std::string Checking::Scalar() { return Show(CheckExpression(text_, scope_, log_)); }

std::string Checking::Predicate() { return Show(CheckPredicate(text_, scope_, log_)); }

std::string Checking::As(const DataType& type) {
  return Show(CheckExpressionAs(text_, type, scope_, log_));
}

std::string Checking::Aggregate() {
  AggregateScope aggregate;
  aggregate.input = &scope_;
  aggregate.keys = {0, 2};
  aggregate.extra.Add({"window_start", DataType::Timestamp(3, false)});
  std::vector<AggregateCall> calls;
  ExprPtr expr = CheckAggregateExpression(text_, aggregate, calls, log_);
  std::string text = Show(expr);
  if (expr == nullptr) return text;
  for (const AggregateCall& call : calls) text += " | " + call.ToString();
  return text;
}

std::string Checking::Type() {
  std::optional<DataType> type = ParseType(text_, log_);
  return type && !log_.has_errors() ? type->ToString() : FirstError();
}

}  // namespace flinkc
