#include "compiler/expression/lexer.h"

#include <utility>

#include <fmt/format.h>

namespace flinkc {

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsWordPart(char c) { return IsWordStart(c) || IsDigit(c); }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Longer symbols first.
constexpr std::string_view kSymbols[] = {
    "::", "||", "<>", "!=", "<=", ">=", "->", "(", ")", "[", "]",
    ",",  ".",  "+",  "-",  "*",  "/",  "%",  "=", "<", ">",
};

// What people write out of habit, and what SQL calls it.
struct Habit {
  std::string_view written;
  std::string_view message;
  std::string_view label;
};

constexpr Habit kHabits[] = {
    {"==", "`==` is not an operator", "did you mean `=`?"},
    {"&&", "`&&` is not an operator", "did you mean `AND`?"},
    {"=>", "arguments by name are not part of the language", "write the argument alone"},
    {"&", "`&` is not an operator", "did you mean `AND`?"},
    {"|", "`|` is not an operator", "did you mean `||` (joins texts) or `OR`?"},
    {"!", "`!` is not an operator", "did you mean `NOT`?"},
    {"^", "`^` is not an operator", "did you mean `power(x, y)`?"},
    {"?", "`?` is not an operator", "did you mean `CASE WHEN … THEN … ELSE … END`?"},
    {"{", "`{` has no meaning in an expression", "a parameter is written `${name}`"},
    {"$", "`$` has no meaning in an expression", "a parameter is written `${name}`"},
    {";", "an expression does not end with `;`", "leave it out"},
    {"\xE2\x80\x98", "a typographic quote", "texts stand in straight quotes: 'text'"},
    {"\xE2\x80\x99", "a typographic quote", "texts stand in straight quotes: 'text'"},
    {"\xE2\x80\x9C", "a typographic quote", "texts stand in straight quotes: 'text'"},
    {"\xE2\x80\x9D", "a typographic quote", "texts stand in straight quotes: 'text'"},
    {"\xE2\x80\x93", "a dash that is not a minus sign", "did you mean `-`?"},
    {"\xE2\x88\x92", "a minus sign of typography", "did you mean `-`?"},
    {"\xE2\x89\xA0", "`≠` is not an operator", "did you mean `<>`?"},
    {"\xE2\x89\xA4", "`≤` is not an operator", "did you mean `<=`?"},
    {"\xE2\x89\xA5", "`≥` is not an operator", "did you mean `>=`?"},
    {"\xC2\xA0", "a no-break space", "use a plain space"},
};

class Lexer {
 public:
  Lexer(const SourceText& source, std::vector<Token>& tokens, DiagnosticLog& log)
      : source_(source), text_(source.value), tokens_(tokens), log_(log) {}

  bool Run() {
    while (SkipBlanks()) {
      if (at_ == text_.size()) {
        Add(TokenKind::kEnd, at_, std::string());
        return true;
      }
      if (!Next()) return false;
    }
    return false;
  }

 private:
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool StartsWith(std::string_view prefix) const { return text_.substr(at_).starts_with(prefix); }

  void Add(TokenKind kind, size_t begin, std::string text) {
    tokens_.push_back(
        {kind, std::move(text), static_cast<uint32_t>(begin), static_cast<uint32_t>(at_)});
  }

  Diagnostic& Report(size_t begin, size_t end, std::string message) {
    return log_.Report(DiagnosticCode::kExpressionSyntax, source_.SpanOf(begin, end),
                       std::move(message));
  }

  // Blanks and comments; false if a comment is not allowed or not closed.
  bool SkipBlanks() {
    while (at_ < text_.size()) {
      if (IsSpace(Peek())) {
        ++at_;
      } else if (StartsWith("/*")) {
        size_t close = text_.find("*/", at_ + 2);
        if (close == std::string_view::npos) {
          Report(at_, at_ + 2, "the comment is not closed").Label("it needs a `*/`");
          return false;
        }
        at_ = close + 2;
      } else if (StartsWith("--")) {
        // YAML folds lines: a comment to the end of the line could swallow the rest unseen.
        Report(at_, at_ + 2, "`--` comments are not allowed in an expression")
            .Help("write a comment as `/* … */`, and minus a negative number as `- -1`");
        return false;
      } else {
        break;
      }
    }
    return true;
  }

  bool Next() {
    char c = Peek();
    if ((c == 'x' || c == 'X') && Peek(1) == '\'') return Bytes();
    if (IsWordStart(c)) return Word();
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Number();
    if (c == '\'') return Quoted('\'', TokenKind::kString);
    if (c == '`') return Quoted('`', TokenKind::kQuotedName);
    if (c == '"') return Quoted('"', TokenKind::kDoubleQuoted);
    if (c == '$' && Peek(1) == '{') return Parameter();
    return Symbol();
  }

  bool Word() {
    size_t begin = at_;
    while (IsWordPart(Peek())) ++at_;
    Add(TokenKind::kWord, begin, std::string(text_.substr(begin, at_ - begin)));
    return true;
  }

  bool Number() {
    size_t begin = at_;
    TokenKind kind = TokenKind::kInteger;
    while (IsDigit(Peek())) ++at_;
    if (Peek() == '.') {
      kind = TokenKind::kDecimal;
      ++at_;
      while (IsDigit(Peek())) ++at_;
    }
    if (Peek() == 'e' || Peek() == 'E') {
      size_t sign = Peek(1) == '+' || Peek(1) == '-' ? 1 : 0;
      if (IsDigit(Peek(1 + sign))) {
        kind = TokenKind::kDouble;
        at_ += 1 + sign;
        while (IsDigit(Peek())) ++at_;
      }
    }
    if (IsWordPart(Peek())) {
      while (IsWordPart(Peek())) ++at_;
      Report(begin, at_, fmt::format("`{}` is not a number", text_.substr(begin, at_ - begin)))
          .Help("a name that starts with a digit is written in backticks: `2nd`");
      return false;
    }
    Add(kind, begin, std::string(text_.substr(begin, at_ - begin)));
    return true;
  }

  bool Quoted(char quote, TokenKind kind) {
    size_t begin = at_++;
    std::string value;
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (c == quote) {
        ++at_;
        if (Peek() != quote) {
          Add(kind, begin, std::move(value));
          return true;
        }
      } else if (kind == TokenKind::kString && StartsWith("\\${")) {
        ++at_;  // an escaped `${`, as everywhere in a spec
        value += '$';
        ++at_;
        continue;
      } else if (kind == TokenKind::kString && StartsWith("${") && !CheckNoParameter()) {
        return false;
      }
      value += c;
      ++at_;
    }
    Report(begin, begin + 1, quote == '\'' ? "the text is not closed" : "the name is not closed")
        .Label(fmt::format("it needs another {} at its end", quote));
    return false;
  }

  // A `${name}` inside of a text is not replaced; nobody who writes it means the characters.
  bool CheckNoParameter() {
    size_t end = at_ + 2;
    while (end < text_.size() && IsWordPart(text_[end])) ++end;
    if (end == at_ + 2 || end >= text_.size() || text_[end] != '}') return true;
    std::string_view written = text_.substr(at_, end + 1 - at_);
    log_.Report(DiagnosticCode::kInvalidSubstitution, source_.SpanOf(at_, end + 1),
                fmt::format("`{}` within a text is not replaced", written))
        .Help(fmt::format("join it to the text: 'a' || {}; or write \\${{ for the characters",
                          written));
    return false;
  }

  bool Bytes() {
    size_t begin = at_;
    at_ += 2;
    std::string bytes;
    while (HexDigit(Peek()) >= 0 && HexDigit(Peek(1)) >= 0) {
      bytes += static_cast<char>(HexDigit(Peek()) * 16 + HexDigit(Peek(1)));
      at_ += 2;
    }
    if (Peek() != '\'') {
      Report(begin, at_ < text_.size() ? at_ + 1 : at_, "not a literal of bytes")
          .Help("bytes are pairs of hexadecimal digits: X'0AFF'");
      return false;
    }
    ++at_;
    Add(TokenKind::kBytes, begin, std::move(bytes));
    return true;
  }

  bool Parameter() {
    size_t begin = at_;
    at_ += 2;
    size_t name = at_;
    while (IsWordPart(Peek())) ++at_;
    if (at_ == name || Peek() != '}') {
      log_.Report(DiagnosticCode::kInvalidSubstitution, source_.SpanOf(begin, at_),
                  "not a parameter")
          .Help("a parameter is written `${name}`");
      return false;
    }
    std::string text(text_.substr(name, at_ - name));
    ++at_;
    Add(TokenKind::kParameter, begin, std::move(text));
    return true;
  }

  bool Symbol() {
    for (const Habit& habit : kHabits) {
      // A prefix of an operator is none: `!` of `!=`, `|` of `||`.
      bool operator_begins = StartsWith("!=") || StartsWith("||");
      if (!StartsWith(habit.written) || operator_begins) continue;
      Report(at_, at_ + habit.written.size(), std::string(habit.message))
          .Label(std::string(habit.label));
      return false;
    }
    for (std::string_view symbol : kSymbols) {
      if (!StartsWith(symbol)) continue;
      size_t begin = at_;
      at_ += symbol.size();
      Add(TokenKind::kSymbol, begin, std::string(symbol));
      return true;
    }
    size_t length = 1;
    while ((static_cast<unsigned char>(Peek(length)) & 0xC0) == 0x80) ++length;
    auto& diagnostic = Report(at_, at_ + length,
                              fmt::format("unexpected character `{}`", text_.substr(at_, length)));
    if (static_cast<unsigned char>(Peek()) >= 0x80) {
      diagnostic.Help("names with other letters than a to z are written in backticks");
    }
    return false;
  }

  const SourceText& source_;
  const std::string_view text_;
  std::vector<Token>& tokens_;
  DiagnosticLog& log_;
  size_t at_ = 0;
};

}  // namespace

bool Token::IsWord(std::string_view keyword) const {
  if (kind != TokenKind::kWord || text.size() != keyword.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c != keyword[i]) return false;
  }
  return true;
}

bool Tokenize(const SourceText& text, std::vector<Token>& tokens, DiagnosticLog& log) {
  return Lexer(text, tokens, log).Run();
}

}  // namespace flinkc
