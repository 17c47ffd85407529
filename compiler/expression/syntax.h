// What an expression's text says, before names and types mean anything. Made by parser.h, read by
// the checker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/data/data_type.h"
#include "runtime/data/value.h"

namespace flinkc {

enum class SyntaxKind : uint8_t {
  kLiteral,    // value, type
  kParameter,  // text: the name
  kName,       // text; a column or a macro's argument
  kField,      // children[0].text
  kIndex,      // children[0][children[1]]
  kOperator,   // text: the function's name ("add"); children: the operands
  kAnd,        // children, two or more
  kOr,
  kNot,
  kIs,          // children[0] IS text, one of "NULL", "TRUE", "FALSE", "UNKNOWN"
  kIsDistinct,  // children[0] IS DISTINCT FROM children[1]
  kBetween,     // children: operand, low, high; text "SYMMETRIC" or ""
  kIn,          // children: operand, then the list
  kLike,        // text "like" or "similar"; children: operand, pattern, and perhaps the escape
  kCase,        // children: operand if has_operand; when, then, …; else if has_else
  kCast,        // children[0] as `type`
  kTryCast,
  kCall,    // text: the function's name, as written; children: the arguments
  kLambda,  // parameters -> children[0]; only as an argument of a kCall
};

struct Syntax;
using SyntaxPtr = std::unique_ptr<Syntax>;

struct Syntax {
  SyntaxKind kind = SyntaxKind::kLiteral;
  std::string text;
  std::vector<SyntaxPtr> children;

  bool negated = false;                 // kIs, kIsDistinct, kBetween, kIn, kLike: with NOT
  bool double_quoted = false;           // kName: written "so", perhaps meant as text
  bool parentheses = false;             // written in parentheses
  bool has_operand = false;             // kCase
  bool has_else = false;                // kCase
  bool distinct = false;                // kCall: f(DISTINCT x)
  bool star = false;                    // kCall: count(*)
  SyntaxPtr star_of;                    // kCall: of count(a.*), the name a
  SyntaxPtr filter;                     // kCall: FILTER (WHERE filter)
  std::vector<std::string> parameters;  // kLambda

  Value value;    // kLiteral
  DataType type;  // kLiteral, kCast, kTryCast

  // Bytes of SourceText::value: the whole, and its name or operator.
  uint32_t begin = 0;
  uint32_t end = 0;
  uint32_t name_begin = 0;
  uint32_t name_end = 0;
  // Levels of this tree, at most kSyntaxDepthMax.
  uint32_t depth = 1;
};

inline constexpr uint32_t kSyntaxDepthMax = 250;

}  // namespace flinkc
