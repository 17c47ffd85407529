// An expression's text as a whole file, checked over a fixed set of columns, parameters and macros.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/expression/expression_checker.h"

namespace flinkc {

// orders (id BIGINT NOT NULL, n INT, name STRING, price DECIMAL(12,2), score DOUBLE,
//         ok BOOLEAN, sure BOOLEAN NOT NULL, ts TIMESTAMP(3) NOT NULL, day DATE,
//         tags ARRAY<STRING>, address ROW<city STRING NOT NULL, zip INT>, small TINYINT,
//         label VARCHAR(10), `two words` INT)
const Schema& Orders();

class Checking {
 public:
  explicit Checking(std::string_view text);

  // The expression as printed and its type, such as "n + 1 : INT"; or the first error: its code,
  // message, and what the carets underline: "E0302 unknown column `x` in stream `orders` @ x".
  std::string Scalar();
  std::string Predicate();
  std::string As(const DataType& type);
  // Over the keys id and name and window_start; the calls follow the expression:
  // "sum(n) + 1 : INT | sum(n)".
  std::string Aggregate();
  std::string Type();

  DiagnosticLog& log() { return log_; }
  const SourceText& text() const { return text_; }
  ExpressionScope& scope() { return scope_; }
  // A macro of the spec.
  void AddMacro(std::string name, std::vector<FunctionMacro::Argument> arguments,
                std::string_view body, std::optional<DataType> returns = std::nullopt);

 private:
  std::string Show(const ExprPtr& expr) const;
  std::string FirstError() const;
  SourceText Whole(std::string_view text);

  std::vector<std::unique_ptr<SourceBuffer>> buffers_;
  SourceText text_;
  std::map<std::string, ParameterValue> parameters_;
  std::map<std::string, FunctionMacro> macros_;
  ExpressionScope scope_;
  DiagnosticLog log_;
};

}  // namespace flinkc
