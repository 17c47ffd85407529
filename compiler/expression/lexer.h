// Cuts an expression's text into tokens that know their place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/source/source_buffer.h"

namespace flinkc {

enum class TokenKind : uint8_t {
  kEnd,
  kWord,          // a name or a keyword, as written
  kQuotedName,    // `name`: text without the quotes
  kDoubleQuoted,  // "name": likewise, but may be meant as text
  kString,        // 'text': text without the quotes
  kBytes,         // X'0aff': the bytes
  kInteger,       // 42
  kDecimal,       // 0.908, .5, 1.
  kDouble,        // 1e3
  kParameter,     // ${name}: the name
  kSymbol,        // operators and brackets
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  // What it means; for kWord, numbers and kSymbol as written.
  std::string text;
  // Bytes of SourceText::value.
  uint32_t begin = 0;
  uint32_t end = 0;

  bool Is(std::string_view symbol) const { return kind == TokenKind::kSymbol && text == symbol; }
  // Whether it is the word `keyword` (given in capital letters), in any case.
  bool IsWord(std::string_view keyword) const;
};

// All tokens of `text`, the last one kEnd. What is no token is reported, and false.
bool Tokenize(const SourceText& text, std::vector<Token>& tokens, DiagnosticLog& log);

}  // namespace flinkc
