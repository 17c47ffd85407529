// The door to this folder: text in, typed expression out. Everything wrong with the text is
// reported with its exact place; nullptr then.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/expression/constant_evaluator.h"
#include "compiler/expression/expr.h"
#include "compiler/expression/function_registry.h"
#include "compiler/source/source_buffer.h"
#include "runtime/data/schema.h"

namespace flinkc {

// A parameter of the spec as an expression sees it: ${name}.
struct ParameterValue {
  DataType type;
  Value value;
};

// A typed macro of the spec's `functions:`; inlined where it is called. Arguments are evaluated as
// written at each use of their name.
struct FunctionMacro {
  struct Argument {
    std::string name;
    DataType type;
  };
  std::vector<Argument> arguments;
  std::optional<DataType> returns;
  SourceText body;
  SourceSpan span;
};

// The columns of one input of a join, whose names stand behind its own: `o.amount`.
struct QualifiedColumns {
  std::string name;
  // Of ExpressionScope::columns, by the column's own name.
  std::map<std::string, uint32_t> columns;
};

// What names mean where the expression stands.
struct ExpressionScope {
  const FunctionRegistry* registry = nullptr;
  const Schema* columns = nullptr;
  // Behind a join, else nullptr. A name that only one input has need not be qualified.
  const std::vector<QualifiedColumns>* qualified = nullptr;
  // "stream `orders`", for messages, and where its columns are declared.
  std::string input_name;
  SourceSpan input_span;
  const std::map<std::string, ParameterValue>* parameters = nullptr;
  const std::map<std::string, FunctionMacro>* macros = nullptr;
  // Folds constant arguments such as `60 * 60` where a function wants a constant; may be nullptr:
  // then only literals are constants.
  const ConstantEvaluator* evaluator = nullptr;
};

// A scalar expression. Aggregates in it are an error that says where they belong.
ExprPtr CheckExpression(const SourceText& text, const ExpressionScope& scope, DiagnosticLog& log);

// The same, and assignable to `target` (implicit widening; DECIMAL literals to DOUBLE; …), else an
// error that names both types.
ExprPtr CheckExpressionAs(const SourceText& text, const DataType& target,
                          const ExpressionScope& scope, DiagnosticLog& log);

// A predicate: BOOLEAN.
ExprPtr CheckPredicate(const SourceText& text, const ExpressionScope& scope, DiagnosticLog& log);

// An expression of an aggregate's `compute` or `having`. Its aggregate calls are appended to
// `calls` (equal ones once); the result reads column i < keys.size() for key i, and column
// keys.size() + extra.size() + j for calls[j], where `extra` are the window's columns. A column
// that is neither a key nor inside an aggregate is an error that says so.
struct AggregateScope {
  const ExpressionScope* input = nullptr;
  std::vector<uint32_t> keys;  // columns of the input
  Schema extra;                // window_start, window_end, window_time or nothing
  // Of `over`: functions of it alone may stand there.
  bool is_over = false;
  // The column of the input that the rows of `over` are ordered by; nullptr: as they come.
  ExprPtr order;
  // For `having`: the columns of `compute` by name, as they were checked. May be nullptr.
  const std::map<std::string, ExprPtr>* computed = nullptr;
};
ExprPtr CheckAggregateExpression(const SourceText& text, const AggregateScope& scope,
                                 std::vector<AggregateCall>& calls, DiagnosticLog& log);

// The type in a schema: "DECIMAL(12,2) NOT NULL", "ARRAY<ROW<a INT, b STRING>>".
std::optional<DataType> ParseType(const SourceText& text, DiagnosticLog& log);

// Casts `expr` to `type` as an implicit cast would; nullptr where only CAST can, or nothing.
ExprPtr ImplicitCast(const ExprPtr& expr, const DataType& type, const FunctionRegistry& registry);

}  // namespace flinkc
