// The tokens of one expression or type, read from left to right. Reports the first syntax error and
// then says no to everything, so that a parser can just return.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/expression/lexer.h"
#include "compiler/source/source_buffer.h"

namespace flinkc {

class TokenStream {
 public:
  // Cuts `text` into tokens; failed() where that is not possible. `text` and `log` must live as
  // long as the stream.
  TokenStream(const SourceText& text, DiagnosticLog& log);

  const Token& Peek(size_t ahead = 0) const {
    size_t index = std::min(next_ + ahead, tokens_.size() - 1);
    return tokens_[index];
  }
  bool AtEnd() const { return Peek().kind == TokenKind::kEnd; }
  Token Take();
  // Where the token before the next one ends.
  uint32_t last_end() const { return last_end_; }

  // Takes the symbol or word if it is the next token.
  bool Accept(std::string_view symbol);
  bool AcceptWord(std::string_view keyword);
  // The same, or reports "expected …, found …" where it is not.
  bool Expect(std::string_view symbol);
  bool ExpectWord(std::string_view keyword);
  bool ExpectEnd(std::string_view expected);

  // "expected `expected`, found `)`" at the next token. Only the first error is reported; for the
  // others the diagnostic goes nowhere.
  Diagnostic& ReportExpected(std::string_view expected);
  // Any other error.
  Diagnostic& Report(DiagnosticCode code, uint32_t begin, uint32_t end, std::string message);
  bool failed() const { return failed_; }

  const SourceText& source() const { return source_; }

 private:
  void AddYamlHint(Diagnostic& diagnostic) const;

  const SourceText& source_;
  DiagnosticLog& log_;
  std::vector<Token> tokens_;
  size_t next_ = 0;
  uint32_t last_end_ = 0;
  bool failed_ = false;
  Diagnostic ignored_{};
};

}  // namespace flinkc
