// How tightly operators bind, as in Flink SQL (Calcite's SqlStdOperatorTable). One list for the
// parser and for the printer.
#pragma once

namespace flinkc {

enum class Precedence {
  kLowest = 0,
  kOr = 22,
  kAnd = 24,
  kNot = 26,
  kIs = 28,          // IS [NOT] NULL, TRUE, FALSE, UNKNOWN: weaker than =, as in Flink SQL
  kComparison = 30,  // = <> < <= > >=, IS [NOT] DISTINCT FROM
  kLike = 32,        // BETWEEN, IN, LIKE, SIMILAR TO
  kAdd = 40,
  kMultiply = 60,  // * / % ||
  kUnary = 80,     // -x +x
  kCast = 94,      // x::TYPE
  kPostfix = 100,  // a.b, a[i], and all that needs no parentheses
};

}  // namespace flinkc
