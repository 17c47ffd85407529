#include "compiler/expression/token_stream.h"

#include <utility>

#include <fmt/format.h>

namespace flinkc {

namespace {

std::string Describe(const Token& token, std::string_view text) {
  if (token.kind == TokenKind::kEnd) return "the end of the expression";
  std::string_view written = text.substr(token.begin, token.end - token.begin);
  constexpr size_t kShown = 40;
  if (written.size() <= kShown) return fmt::format("`{}`", written);
  size_t cut = kShown;
  while (cut > 0 && (static_cast<unsigned char>(written[cut]) & 0xC0) == 0x80) --cut;
  return fmt::format("`{}…`", written.substr(0, cut));
}

}  // namespace

TokenStream::TokenStream(const SourceText& text, DiagnosticLog& log) : source_(text), log_(log) {
  if (Tokenize(text, tokens_, log)) return;
  failed_ = true;
  tokens_.assign(1, Token{});
}

Token TokenStream::Take() {
  Token token = Peek();
  if (token.kind != TokenKind::kEnd) ++next_;
  last_end_ = token.end;
  return token;
}

bool TokenStream::Accept(std::string_view symbol) {
  if (!Peek().Is(symbol)) return false;
  Take();
  return true;
}

bool TokenStream::AcceptWord(std::string_view keyword) {
  if (!Peek().IsWord(keyword)) return false;
  Take();
  return true;
}

bool TokenStream::Expect(std::string_view symbol) {
  if (Accept(symbol)) return true;
  ReportExpected(fmt::format("`{}`", symbol));
  return false;
}

bool TokenStream::ExpectWord(std::string_view keyword) {
  if (AcceptWord(keyword)) return true;
  ReportExpected(fmt::format("`{}`", keyword));
  return false;
}

bool TokenStream::ExpectEnd(std::string_view expected) {
  if (AtEnd()) return !failed_;
  ReportExpected(expected);
  return false;
}

Diagnostic& TokenStream::ReportExpected(std::string_view expected) {
  const Token& token = Peek();
  Diagnostic& diagnostic =
      Report(DiagnosticCode::kExpressionSyntax, token.begin, token.end,
             fmt::format("expected {}, found {}", expected, Describe(token, source_.value)));
  if (token.kind == TokenKind::kEnd) AddYamlHint(diagnostic);
  return diagnostic;
}

Diagnostic& TokenStream::Report(DiagnosticCode code, uint32_t begin, uint32_t end,
                                std::string message) {
  if (failed_) return ignored_ = Diagnostic{};
  failed_ = true;
  return log_.Report(code, source_.SpanOf(begin, end), std::move(message));
}

// An expression that ends too early was often cut by YAML: at a comma or a brace within { } or [ ],
// or at what looks like a comment.
void TokenStream::AddYamlHint(Diagnostic& diagnostic) const {
  const SourceSpan& span = source_.span;
  if (!span.is_valid() || span.begin >= span.buffer->text().size()) return;
  std::string_view text = span.buffer->text();
  char first = text[span.begin];
  if (first == '"' || first == '\'' || first == '|' || first == '>') return;
  size_t next = text.find_first_not_of(" \t", span.end);
  if (next == std::string_view::npos) return;
  if (text[next] == ',' || text[next] == '}' || text[next] == ']') {
    diagnostic.Help(
        "within { } and [ ] YAML ends a value at `,`, `}` and `]`: put the expression "
        "in double quotes");
  } else if (text[next] == '#') {
    diagnostic.Help("YAML takes ` #` for a comment: put the expression in double quotes");
  }
}

}  // namespace flinkc
