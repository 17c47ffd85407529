#include "compiler/expression/type_parser.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "compiler/expression/expression_checker.h"

namespace flinkc {

namespace {

constexpr int kTypeDepthMax = 32;
constexpr int64_t kLengthMax = 1'000'000'000;
constexpr size_t kFieldsMax = 10'000;

struct SimpleType {
  std::string_view name;
  TypeKind kind;
};

constexpr SimpleType kSimpleTypes[] = {
    {"BOOLEAN", TypeKind::kBoolean},   {"TINYINT", TypeKind::kTinyint},
    {"SMALLINT", TypeKind::kSmallint}, {"INT", TypeKind::kInt},
    {"INTEGER", TypeKind::kInt},       {"BIGINT", TypeKind::kBigint},
    {"FLOAT", TypeKind::kFloat},       {"STRING", TypeKind::kString},
    {"BYTES", TypeKind::kBytes},       {"DATE", TypeKind::kDate},
};

// The other names a type may have; for suggestions.
constexpr std::string_view kOtherTypes[] = {
    "DOUBLE", "DECIMAL", "NUMERIC",   "DEC",           "CHAR",     "VARCHAR", "TIME",
    "ARRAY",  "MAP",     "TIMESTAMP", "TIMESTAMP_LTZ", "INTERVAL", "ROW",
};

// Names of other systems' types, and what they are here.
struct ForeignType {
  std::string_view name;
  std::string_view ours;
};

constexpr ForeignType kForeignTypes[] = {
    {"TEXT", "STRING"},
    {"LONG", "BIGINT"},
    {"INT64", "BIGINT"},
    {"INT32", "INT"},
    {"BOOL", "BOOLEAN"},
    {"FLOAT64", "DOUBLE"},
    {"FLOAT32", "FLOAT"},
    {"REAL", "FLOAT"},
    {"NUMBER", "DECIMAL"},
    {"DATETIME", "TIMESTAMP(3)"},
    {"TIMESTAMPTZ", "TIMESTAMP_LTZ(3)"},
    {"BINARY", "BYTES"},
    {"VARBINARY", "BYTES"},
    {"BLOB", "BYTES"},
    {"STRUCT", "ROW"},
    {"LIST", "ARRAY"},
};

class TypeParser {
 public:
  explicit TypeParser(TokenStream& tokens) : tokens_(tokens) {}

  std::optional<DataType> Parse(bool allow_not_null, int depth) {
    if (depth > kTypeDepthMax) {
      const Token& token = tokens_.Peek();
      tokens_.Report(DiagnosticCode::kInvalidType, token.begin, token.end,
                     fmt::format("types are nested deeper than {}", kTypeDepthMax));
      return std::nullopt;
    }
    std::optional<DataType> type = ParseBase(depth);
    if (!type) return std::nullopt;
    if (tokens_.Peek().IsWord("NOT") && tokens_.Peek(1).IsWord("NULL")) {
      const Token& token = tokens_.Peek();
      if (!allow_not_null) {
        tokens_
            .Report(DiagnosticCode::kInvalidType, token.begin, tokens_.Peek(1).end,
                    "a cast cannot make a value NOT NULL")
            .Help("its result is NOT NULL where the value is; COALESCE(x, …) leaves no NULL");
        return std::nullopt;
      }
      tokens_.Take();
      tokens_.Take();
      return type->NotNull();
    }
    if (allow_not_null) tokens_.AcceptWord("NULL");
    return type;
  }

 private:
  std::optional<DataType> ParseBase(int depth) {
    const Token name = tokens_.Peek();
    if (name.kind != TokenKind::kWord) {
      tokens_.ReportExpected("a type");
      return std::nullopt;
    }
    tokens_.Take();
    for (const SimpleType& simple : kSimpleTypes) {
      if (name.IsWord(simple.name)) return DataType(simple.kind);
    }
    if (name.IsWord("DOUBLE")) {
      tokens_.AcceptWord("PRECISION");
      return DataType(TypeKind::kDouble);
    }
    if (name.IsWord("DECIMAL") || name.IsWord("DEC") || name.IsWord("NUMERIC")) return Decimal();
    if (name.IsWord("CHAR")) return Text(/*fixed=*/true);
    if (name.IsWord("VARCHAR")) return Text(/*fixed=*/false);
    if (name.IsWord("TIMESTAMP") || name.IsWord("TIMESTAMP_LTZ")) return Timestamp(name);
    if (name.IsWord("INTERVAL")) return Interval();
    if (name.IsWord("ARRAY")) return Array(depth);
    if (name.IsWord("ROW")) return Row(depth);
    if (name.IsWord("MAP")) return Map(depth);
    if (name.IsWord("TIME") || name.IsWord("MULTISET")) {
      tokens_.Report(DiagnosticCode::kNotSupportedYet, name.begin, name.end,
                     fmt::format("the type {} is not supported yet", name.text));
      return std::nullopt;
    }
    Unknown(name);
    return std::nullopt;
  }

  void Unknown(const Token& name) {
    Diagnostic& diagnostic = tokens_.Report(DiagnosticCode::kInvalidType, name.begin, name.end,
                                            fmt::format("unknown type `{}`", name.text));
    for (const ForeignType& foreign : kForeignTypes) {
      if (name.IsWord(foreign.name)) {
        diagnostic.Label(fmt::format("it is called `{}` here", foreign.ours));
        return;
      }
    }
    std::vector<std::string_view> names(std::begin(kOtherTypes), std::end(kOtherTypes));
    for (const SimpleType& simple : kSimpleTypes) names.push_back(simple.name);
    std::string_view best = Suggest(name.text, names);
    if (!best.empty()) diagnostic.Label(fmt::format("did you mean `{}`?", best));
  }

  // A number between `low` and `high`; `what` is named in the error.
  std::optional<int> Number(std::string_view what, int64_t low, int64_t high) {
    const Token token = tokens_.Peek();
    if (token.kind != TokenKind::kInteger) {
      tokens_.ReportExpected("a number");
      return std::nullopt;
    }
    tokens_.Take();
    int64_t value = 0;
    for (char c : token.text) {
      if (value <= high) value = value * 10 + (c - '0');
    }
    if (value >= low && value <= high) return static_cast<int>(value);
    tokens_.Report(DiagnosticCode::kInvalidType, token.begin, token.end,
                   fmt::format("{} must be from {} to {}", what, low, high));
    return std::nullopt;
  }

  std::optional<DataType> Decimal() {
    int precision = 10, scale = 0;
    if (tokens_.Accept("(")) {
      auto digits = Number("the precision of a DECIMAL", 1, 38);
      if (!digits) return std::nullopt;
      precision = *digits;
      if (tokens_.Accept(",")) {
        auto fraction = Number("the scale of this DECIMAL", 0, precision);
        if (!fraction) return std::nullopt;
        scale = *fraction;
      }
      if (!Close(")")) return std::nullopt;
    }
    return DataType::Decimal(precision, scale);
  }

  std::optional<DataType> Text(bool fixed) {
    if (!tokens_.Accept("(")) return fixed ? DataType::String(1, true) : DataType::String();
    auto length = Number("the length", 1, kLengthMax);
    if (!length || !Close(")")) return std::nullopt;
    return DataType::String(*length, fixed);
  }

  // The digits in parentheses, 6 without.
  std::optional<int> Precision() {
    if (!tokens_.Accept("(")) return 6;
    auto digits = Number("the digits of a second", 0, 6);
    if (!digits || !Close(")")) return std::nullopt;
    return digits;
  }

  std::optional<DataType> Timestamp(const Token& name) {
    auto precision = Precision();
    if (!precision) return std::nullopt;
    bool local = name.IsWord("TIMESTAMP_LTZ");
    if (!local && tokens_.Peek().IsWord("WITHOUT")) {
      tokens_.Take();
      if (!tokens_.ExpectWord("TIME") || !tokens_.ExpectWord("ZONE")) return std::nullopt;
    } else if (!local && tokens_.Peek().IsWord("WITH")) {
      tokens_.Take();
      if (!tokens_.Peek().IsWord("LOCAL")) {
        const Token& token = tokens_.Peek();
        tokens_
            .Report(DiagnosticCode::kInvalidType, token.begin, token.end,
                    "TIMESTAMP WITH TIME ZONE is not a type of this language")
            .Help("use TIMESTAMP_LTZ, a point in time that is shown in the job's time zone");
        return std::nullopt;
      }
      tokens_.Take();
      if (!tokens_.ExpectWord("TIME") || !tokens_.ExpectWord("ZONE")) return std::nullopt;
      local = true;
    }
    return local ? DataType::TimestampLtz(*precision) : DataType::Timestamp(*precision);
  }

  // INTERVAL DAY(3) TO SECOND(6): only the family matters.
  std::optional<DataType> Interval() {
    bool months = false;
    auto unit = [&](std::string_view expected) {
      const Token& token = tokens_.Peek();
      bool large = token.IsWord("YEAR") || token.IsWord("MONTH");
      bool small = token.IsWord("DAY") || token.IsWord("HOUR") || token.IsWord("MINUTE") ||
                   token.IsWord("SECOND");
      if (!large && !small) {
        tokens_.ReportExpected(expected);
        return false;
      }
      months = large;
      tokens_.Take();
      return !tokens_.Accept("(") || (Number("the digits", 0, 9).has_value() && Close(")"));
    };
    if (!unit("the interval's unit (`YEAR TO MONTH` or `DAY TO SECOND`)")) return std::nullopt;
    bool months_first = months;
    if (tokens_.AcceptWord("TO") && !unit("a unit")) return std::nullopt;
    if (months != months_first) {
      tokens_.Report(DiagnosticCode::kInvalidType, tokens_.last_end() - 1, tokens_.last_end(),
                     "an interval is of years and months or of days to seconds, not of both");
      return std::nullopt;
    }
    return DataType(months ? TypeKind::kIntervalMonths : TypeKind::kIntervalMicros);
  }

  std::optional<DataType> Array(int depth) {
    if (!tokens_.Expect("<")) return std::nullopt;
    auto element = Parse(/*allow_not_null=*/true, depth + 1);
    if (!element || !Close(">")) return std::nullopt;
    return DataType::Array(*std::move(element));
  }

  std::optional<DataType> Map(int depth) {
    if (!tokens_.Expect("<")) return std::nullopt;
    auto key = Parse(/*allow_not_null=*/true, depth + 1);
    if (!key) return std::nullopt;
    if (!tokens_.Accept(",")) {
      tokens_.ReportExpected("`,` and the type of the values");
      return std::nullopt;
    }
    auto value = Parse(/*allow_not_null=*/true, depth + 1);
    if (!value || !Close(">")) return std::nullopt;
    return DataType::Map(*std::move(key), *std::move(value));
  }

  std::optional<DataType> Row(int depth) {
    bool parentheses = tokens_.Accept("(");
    if (!parentheses && !tokens_.Expect("<")) return std::nullopt;
    std::vector<std::string> names;
    std::vector<DataType> types;
    do {
      const Token name = tokens_.Peek();
      if (name.kind != TokenKind::kWord && name.kind != TokenKind::kQuotedName &&
          name.kind != TokenKind::kDoubleQuoted) {
        tokens_.ReportExpected("a field's name");
        return std::nullopt;
      }
      tokens_.Take();
      if (std::find(names.begin(), names.end(), name.text) != names.end()) {
        tokens_.Report(DiagnosticCode::kInvalidType, name.begin, name.end,
                       fmt::format("the field `{}` stands twice", name.text));
        return std::nullopt;
      }
      auto type = Parse(/*allow_not_null=*/true, depth + 1);
      if (!type) return std::nullopt;
      names.push_back(name.text);
      types.push_back(*std::move(type));
      if (names.size() > kFieldsMax) {
        tokens_.Report(DiagnosticCode::kInvalidType, name.begin, name.end,
                       fmt::format("a ROW has at most {} fields", kFieldsMax));
        return std::nullopt;
      }
    } while (tokens_.Accept(","));
    if (!Close(parentheses ? ")" : ">")) return std::nullopt;
    return DataType::Row(std::move(names), std::move(types));
  }

  bool Close(std::string_view symbol) {
    if (tokens_.Accept(symbol)) return true;
    tokens_.ReportExpected(symbol == ")" ? "`)`" : "`,` or `>`");
    return false;
  }

  TokenStream& tokens_;
};

}  // namespace

std::optional<DataType> ParseTypeTokens(TokenStream& tokens, bool allow_not_null) {
  return TypeParser(tokens).Parse(allow_not_null, 0);
}

std::optional<DataType> ParseType(const SourceText& text, DiagnosticLog& log) {
  TokenStream tokens(text, log);
  if (tokens.failed()) return std::nullopt;
  std::optional<DataType> type = ParseTypeTokens(tokens, /*allow_not_null=*/true);
  if (!type || !tokens.ExpectEnd("`NOT NULL` or the end of the type")) return std::nullopt;
  return type;
}

}  // namespace flinkc
