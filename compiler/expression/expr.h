// The typed expression tree: what the checker makes of an expression's text, the optimizer rewrites
// and the lowering turns into code. Immutable and shared; every implicit cast is explicit here.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/expression/function_record.h"
#include "compiler/source/source_buffer.h"
#include "runtime/data/data_type.h"
#include "runtime/data/value.h"

namespace flinkc {

enum class ExprKind : uint8_t {
  kLiteral,  // literal
  kColumn,   // column of the operator's input
  kCall,     // resolution.kernel over the arguments; also casts, operators, array access
  kAnd,      // three-valued, over all arguments (BOOLEAN); evaluated left to right, stops at FALSE
  kOr,       // stops at TRUE
  kNot,
  kIsNull,       // never NULL
  kCase,         // arguments: when1, then1, when2, then2, …, else (always there)
  kCoalesce,     // the first argument that is not NULL; later ones are not evaluated
  kTry,          // arguments[0], NULL where it fails
  kParameter,    // of the enclosing lambda that has it, by level
  kHigherOrder,  // a function of higher_order.h: its values, then the lambda's body
};

class Expr;
using ExprPtr = std::shared_ptr<const Expr>;

class Expr {
 public:
  static ExprPtr Literal(Value value, DataType type, SourceSpan span);
  static ExprPtr Column(uint32_t index, std::string name, DataType type, SourceSpan span);
  // `function` is the record's name, for printing and serialization.
  static ExprPtr Call(std::string function, Resolution resolution, std::vector<ExprPtr> arguments,
                      SourceSpan span);
  static ExprPtr Cast(Resolution resolution, ExprPtr argument, SourceSpan span);
  // kAnd, kOr, kNot, kIsNull, kCase, kCoalesce, kTry; the type follows from the arguments.
  static ExprPtr Special(ExprKind kind, DataType type, std::vector<ExprPtr> arguments,
                         SourceSpan span);
  // Parameters of lambdas are told apart by their level: how many parameters the enclosing lambdas
  // have in all. A lambda in whose body another stands may have the same levels as that one, if it
  // reads none of its parameters there: the inner one counts.
  static ExprPtr Parameter(uint32_t level, std::string name, DataType type, SourceSpan span);
  // `arguments` as kHigherOrder says; `parameters` are the names of the lambda's, which have the
  // levels from `level` on.
  static ExprPtr HigherOrder(std::string function, DataType type, uint32_t level,
                             std::vector<std::string> parameters, std::vector<ExprPtr> arguments,
                             SourceSpan span);

  ExprKind kind() const { return kind_; }
  const DataType& type() const { return type_; }
  SourceSpan span() const { return span_; }
  const std::vector<ExprPtr>& arguments() const { return arguments_; }
  const Value& literal() const { return literal_; }
  uint32_t column() const { return column_; }
  // kParameter: its level; kHigherOrder: that of the lambda's first parameter.
  uint32_t level() const { return column_; }
  // kHigherOrder: the names of the lambda's parameters.
  const std::vector<std::string>& parameters() const { return parameters_; }
  // kColumn, kParameter: its name; kCall, kHigherOrder: the function's ("cast" for casts).
  const std::string& name() const { return name_; }
  const Resolution& resolution() const { return *resolution_; }
  bool is_cast() const { return kind_ == ExprKind::kCall && name_ == "cast"; }

  // Whether evaluating it can fail, anywhere in the tree outside of kTry.
  bool fallible() const { return fallible_; }
  // Whether it reads the clock.
  bool is_volatile() const { return volatile_; }
  // A bit for each level of whose parameter the expression reads without having its lambda: what
  // has one is worth nothing by itself.
  uint64_t free_parameters() const { return free_parameters_; }
  static constexpr uint32_t kLevelsMax = 64;
  // Levels and nodes of the tree, shared nodes counted at each use, up to UINT32_MAX. The checker
  // keeps them below kDepthMax and kNodesMax, so recursion over a tree is safe.
  uint32_t depth() const { return depth_; }
  uint32_t node_count() const { return node_count_; }
  static constexpr uint32_t kDepthMax = 1000;
  static constexpr uint32_t kNodesMax = 200'000;

  // The same expression over other arguments / with a column index mapped.
  ExprPtr WithArguments(std::vector<ExprPtr> arguments) const;
  // Columns it reads, ascending, each once.
  std::vector<uint32_t> Columns() const;
  // As SQL, columns by name: "price * CAST(0.908 AS DECIMAL(4, 3))".
  std::string ToString() const;
  // Structural equality, spans aside.
  bool Equals(const Expr& other) const;

 private:
  Expr() = default;
  static std::shared_ptr<Expr> Make(ExprKind kind, DataType type, SourceSpan span);
  void SetArguments(std::vector<ExprPtr> arguments);

  ExprKind kind_ = ExprKind::kLiteral;
  DataType type_;
  SourceSpan span_;
  std::vector<ExprPtr> arguments_;
  Value literal_;
  uint32_t column_ = 0;
  std::string name_;
  std::vector<std::string> parameters_;
  uint64_t free_parameters_ = 0;
  std::shared_ptr<const Resolution> resolution_;
  bool fallible_ = false;
  bool volatile_ = false;
  uint32_t depth_ = 1;
  uint32_t node_count_ = 1;
};

// `expr` with each column index i replaced by mapping[i] (names kept).
ExprPtr RemapColumns(const ExprPtr& expr, const std::vector<uint32_t>& mapping);
// `expr` with each column i replaced by columns[i] (an expression of another input).
ExprPtr SubstituteColumns(const ExprPtr& expr, const std::vector<ExprPtr>& columns);

// One aggregate of an aggregate operator: `count(DISTINCT x) FILTER (WHERE y)`.
struct AggregateCall {
  std::string name;  // of the record
  AggregateResolution resolution;
  std::vector<ExprPtr> arguments;  // over the operator's input, cast to the parameters
  ExprPtr filter;                  // or nullptr
  bool distinct = false;
  SourceSpan span;

  // Columns that its arguments and filter read, ascending, each once.
  std::vector<uint32_t> Columns() const;
  std::string ToString() const;
};

}  // namespace flinkc
