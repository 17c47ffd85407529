// Any bytes as an expression and as a type, over columns of every kind and the real functions. What
// must hold for every input is checked here: errors have a place within the text and are text, a
// typed expression prints as something that parses, and is stored and read back as itself.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "compiler/diagnostics/renderer.h"
#include "compiler/expression/expression_checker.h"
#include "compiler/expression/parser.h"
#include "compiler/expression/serialize.h"
#include "compiler/source/utf8.h"
#include "runtime/base/check.h"
#include "stdlib-operators/aggregates/registry.h"
#include "stdlib-operators/functions/registry.h"

namespace flinkc {
namespace {

SourceText WholeText(const SourceBuffer& buffer) {
  SourceText text;
  text.value = buffer.text();
  text.span = {&buffer, 0, static_cast<uint32_t>(text.value.size())};
  return text;
}

const FunctionRegistry& Registry() {
  static const FunctionRegistry* const registry = [] {
    auto* filled = new FunctionRegistry();
    RegisterStdFunctions(*filled);
    RegisterStdAggregates(*filled);
    return filled;
  }();
  return *registry;
}

const Schema& Columns() {
  static const Schema* const schema = new Schema({
      {"b", DataType(TypeKind::kBoolean)},
      {"t", DataType(TypeKind::kTinyint)},
      {"n", DataType(TypeKind::kInt)},
      {"i", DataType(TypeKind::kBigint, false)},
      {"f", DataType(TypeKind::kFloat)},
      {"d", DataType(TypeKind::kDouble, false)},
      {"p", DataType::Decimal(12, 2)},
      {"q", DataType::Decimal(38, 10, false)},
      {"s", DataType::String()},
      {"v", DataType::String(10, false, false)},
      {"x", DataType(TypeKind::kBytes)},
      {"day", DataType(TypeKind::kDate)},
      {"ts", DataType::Timestamp(3, false)},
      {"l", DataType::TimestampLtz(3)},
      {"m", DataType(TypeKind::kIntervalMonths)},
      {"u", DataType(TypeKind::kIntervalMicros)},
      {"a", DataType::Array(DataType::String())},
      {"r", DataType::Row({"k", "w"}, {DataType(TypeKind::kInt), DataType::String()})},
  });
  return *schema;
}

// Parameters, and macros that call each other.
struct Surroundings {
  std::map<std::string, ParameterValue> parameters;
  std::map<std::string, FunctionMacro> macros;
  ExpressionScope scope;

  Surroundings() {
    parameters["c"] = {DataType(TypeKind::kInt), {int64_t{7}}};
    AddMacro("g", "y + y");
    AddMacro("h", "g(g(y)) * h2(y)");
    AddMacro("h2", "sum(y)");
    AddMacro("z", "z(y)");
    scope.registry = &Registry();
    scope.columns = &Columns();
    scope.input_name = "stream `fuzz`";
    scope.parameters = &parameters;
    scope.macros = &macros;
  }

  void AddMacro(std::string name, std::string_view body) {
    auto* buffer = new SourceBuffer("macro.yaml", std::string(body));
    FunctionMacro macro;
    macro.arguments = {{"y", DataType(TypeKind::kBigint)}};
    macro.body = WholeText(*buffer);
    macro.span = macro.body.span;
    macros[std::move(name)] = std::move(macro);
  }
};

void CheckLog(const DiagnosticLog& log) {
  for (const Diagnostic& diagnostic : log.diagnostics()) {
    CHECK(diagnostic.span.buffer != nullptr);
    CHECK(diagnostic.span.begin <= diagnostic.span.end);
    CHECK(diagnostic.span.end <= diagnostic.span.buffer->text().size());
    CHECK(!diagnostic.message.empty());
  }
  std::string rendered = RenderDiagnostics(log, {});
  CHECK(ValidUtf8Prefix(rendered) == rendered.size());
}

void CheckExpr(const Expr& expr, const Schema& input) {
  CHECK(expr.depth() <= Expr::kDepthMax);
  std::string printed = expr.ToString();
  SourceBuffer buffer("printed", printed);
  DiagnosticLog log;
  SyntaxPtr syntax = ParseSyntax(WholeText(buffer), log);
  // What is desugared may be too deep to be written.
  bool too_large =
      log.has_errors() && log.diagnostics()[0].code == DiagnosticCode::kExpressionTooLarge;
  CHECK(syntax != nullptr || too_large);
  auto read = FromProto(ToProto(expr), input, Registry());
  CHECK(read.has_value());
  CHECK((*read)->Equals(expr));
  CHECK((*read)->fallible() == expr.fallible());
}

void CheckScalar(const SourceText& text, const Surroundings& around) {
  DiagnosticLog log;
  ExprPtr expr = CheckExpression(text, around.scope, log);
  CHECK((expr != nullptr) == !log.has_errors());
  CheckLog(log);
  if (expr != nullptr) CheckExpr(*expr, Columns());
}

void CheckAggregate(const SourceText& text, const Surroundings& around) {
  AggregateScope scope;
  scope.input = &around.scope;
  scope.keys = {2, 8};
  scope.extra.Add({"window_start", DataType::Timestamp(3, false)});
  std::vector<AggregateCall> calls;
  DiagnosticLog log;
  ExprPtr expr = CheckAggregateExpression(text, scope, calls, log);
  CHECK((expr != nullptr) == !log.has_errors());
  CheckLog(log);
  if (expr == nullptr) return;
  Schema output({Columns()[2], Columns()[8], scope.extra[0]});
  for (const AggregateCall& call : calls) {
    output.Add({call.ToString(), call.resolution.result});
    auto read = FromProto(ToProto(call), Columns(), Registry());
    CHECK(read.has_value());
    CHECK(read->ToString() == call.ToString());
  }
  CheckExpr(*expr, output);
}

void CheckType(const SourceText& text) {
  DiagnosticLog log;
  std::optional<DataType> type = ParseType(text, log);
  CHECK(type.has_value() == !log.has_errors());
  CheckLog(log);
}

}  // namespace
}  // namespace flinkc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const flinkc::Surroundings* const around = new flinkc::Surroundings();
  flinkc::SourceBuffer buffer("fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size));
  flinkc::SourceText text = flinkc::WholeText(buffer);
  flinkc::CheckScalar(text, *around);
  flinkc::CheckAggregate(text, *around);
  flinkc::CheckType(text);
  return 0;
}
