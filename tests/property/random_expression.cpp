#include "tests/property/random_expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace flinkc::property {

namespace {

using Values = std::vector<Value>;

constexpr int64_t kNumberMax = 1'000'000'000'000;
constexpr int64_t kTextMax = 60;

Value Null() { return {}; }

bool Truth(const Value& value) { return std::get<bool>(value); }
int64_t Number(const Value& value) { return std::get<int64_t>(value); }
const std::string& Text(const Value& value) { return std::get<std::string>(value); }

const std::vector<std::string>& Texts() {
  static const std::vector<std::string> texts = {
      "a", "", "b", "ab", "Ab c", " zz ", "more than twelve bytes"};
  return texts;
}

class ExpressionDrawer {
 public:
  ExpressionDrawer(Chance& chance, const RandomStream& input) : chance_(chance), input_(input) {}

  RandomExpression Draw(ValueType type, int depth) {
    if (depth == 0 || chance_.Below(3) == 0) return Leaf(type);
    switch (chance_.Below(4)) {
      case 0:
        return Case(type, depth);
      case 1:
        return Coalesce(type, depth);
      default:
        break;
    }
    switch (type) {
      case ValueType::kBigint:
        return NumberOf(depth);
      case ValueType::kText:
        return TextOf(depth);
      case ValueType::kBoolean:
        return ConditionOf(depth);
      case ValueType::kTime:
        return TimeOf(depth);
    }
    return Leaf(type);
  }

 private:
  RandomExpression Leaf(ValueType type) {
    const std::vector<size_t> columns = input_.ColumnsOf(type);
    if (!columns.empty() && chance_.Below(4) != 3) {
      const size_t column = chance_.Of(columns);
      const RandomColumn& of = input_.columns[column];
      const auto get = [column](const Values& row) { return row[column]; };
      // A time column that goes on as it is would still be the stream's event time.
      if (type == ValueType::kTime) {
        return {fmt::format("({} + INTERVAL '0' SECOND)", of.name), type, 0, get};
      }
      return {of.name, type, of.size_max, get};
    }
    if (chance_.OneIn(8)) {
      return {fmt::format("CAST(NULL AS {})", TypeName(type)), type, 0,
              [](const Values&) { return Null(); }};
    }
    return Literal(type);
  }

  RandomExpression Literal(ValueType type) {
    switch (type) {
      case ValueType::kBigint: {
        const int64_t number = static_cast<int64_t>(chance_.Below(20)) - 3;
        return {fmt::format("CAST({} AS BIGINT)", number), type, 20,
                [number](const Values&) { return Value(number); }};
      }
      case ValueType::kText: {
        const std::string text = chance_.Of(Texts());
        return {"'" + text + "'", type, static_cast<int64_t>(text.size()),
                [text](const Values&) { return Value(text); }};
      }
      case ValueType::kBoolean: {
        const bool truth = chance_.Below(2) == 0;
        return {truth ? "TRUE" : "FALSE", type, 0, [truth](const Values&) { return Value(truth); }};
      }
      case ValueType::kTime:
        break;
    }
    const int64_t millis = 1'767'225'600'000 + chance_.Below(100) * 1'000;
    return {fmt::format("TIMESTAMP '{}'", TimeText(millis)), type, 0,
            [millis](const Values&) { return Value(millis); }};
  }

  RandomExpression Case(ValueType type, int depth) {
    const RandomExpression condition = Draw(ValueType::kBoolean, depth - 1);
    const RandomExpression then = Draw(type, depth - 1);
    if (chance_.OneIn(3)) {
      return {
          fmt::format("CASE WHEN {} THEN {} END", condition.text, then.text), type, then.size_max,
          [=](const Values& row) { return IsTrue(condition, row) ? then.evaluate(row) : Null(); }};
    }
    const RandomExpression otherwise = Draw(type, depth - 1);
    return {
        fmt::format("CASE WHEN {} THEN {} ELSE {} END", condition.text, then.text, otherwise.text),
        type, std::max(then.size_max, otherwise.size_max), [=](const Values& row) {
          return IsTrue(condition, row) ? then.evaluate(row) : otherwise.evaluate(row);
        }};
  }

  RandomExpression Coalesce(ValueType type, int depth) {
    const RandomExpression a = Draw(type, depth - 1), b = Draw(type, depth - 1);
    const int64_t size_max = std::max(a.size_max, b.size_max);
    if (chance_.OneIn(3)) {
      return {fmt::format("NULLIF({}, {})", a.text, b.text), type, size_max,
              [=](const Values& row) {
                const Value x = a.evaluate(row), y = b.evaluate(row);
                return !IsNull(x) && !IsNull(y) && Compare(x, y) == 0 ? Null() : x;
              }};
    }
    return {fmt::format("COALESCE({}, {})", a.text, b.text), type, size_max,
            [=](const Values& row) {
              const Value x = a.evaluate(row);
              return IsNull(x) ? b.evaluate(row) : x;
            }};
  }

  // `text` of one argument; NULL of NULL.
  template <typename Function>
  RandomExpression Strict(std::string text, ValueType type, int64_t size_max, RandomExpression a,
                          Function function) {
    return {std::move(text), type, size_max,
            [a = std::move(a), function](const Values& row) -> Value {
              const Value x = a.evaluate(row);
              if (IsNull(x)) return Null();
              return Value(function(x));
            }};
  }
  template <typename Function>
  RandomExpression Strict(std::string text, ValueType type, int64_t size_max, RandomExpression a,
                          RandomExpression b, Function function) {
    return {std::move(text), type, size_max,
            [a = std::move(a), b = std::move(b), function](const Values& row) -> Value {
              const Value x = a.evaluate(row), y = b.evaluate(row);
              if (IsNull(x) || IsNull(y)) return Null();
              return Value(function(x, y));
            }};
  }

  RandomExpression NumberOf(int depth) {
    constexpr ValueType kType = ValueType::kBigint;
    const RandomExpression a = Draw(kType, depth - 1);
    const int64_t divisor = chance_.Below(9) + 1;
    switch (chance_.Below(7)) {
      case 0: {
        const RandomExpression b = Draw(kType, depth - 1);
        if (a.size_max + b.size_max > kNumberMax) return a;
        return Strict(fmt::format("({} + {})", a.text, b.text), kType, a.size_max + b.size_max, a,
                      b, [](const Value& x, const Value& y) { return Number(x) + Number(y); });
      }
      case 1: {
        const RandomExpression b = Draw(kType, depth - 1);
        if (a.size_max + b.size_max > kNumberMax) return a;
        return Strict(fmt::format("({} - {})", a.text, b.text), kType, a.size_max + b.size_max, a,
                      b, [](const Value& x, const Value& y) { return Number(x) - Number(y); });
      }
      case 2: {
        const RandomExpression b = Draw(kType, depth - 1);
        if (b.size_max > 0 && a.size_max > kNumberMax / b.size_max) return a;
        return Strict(fmt::format("({} * {})", a.text, b.text), kType, a.size_max * b.size_max, a,
                      b, [](const Value& x, const Value& y) { return Number(x) * Number(y); });
      }
      case 3:
        return Strict(fmt::format("MOD({}, CAST({} AS BIGINT))", a.text, divisor),
                      ValueType::kBigint, divisor, a,
                      [divisor](const Value& x) { return Number(x) % divisor; });
      case 4:
        return Strict(fmt::format("({} / CAST({} AS BIGINT))", a.text, divisor), kType, a.size_max,
                      a, [divisor](const Value& x) { return Number(x) / divisor; });
      case 5:
        return Strict(fmt::format("ABS({})", a.text), kType, a.size_max, a,
                      [](const Value& x) { return std::abs(Number(x)); });
      default: {
        const RandomExpression text = Draw(ValueType::kText, depth - 1);
        return Strict(fmt::format("CAST(CHAR_LENGTH({}) AS BIGINT)", text.text), kType,
                      text.size_max, text,
                      [](const Value& x) { return static_cast<int64_t>(Text(x).size()); });
      }
    }
  }

  RandomExpression TextOf(int depth) {
    constexpr ValueType kType = ValueType::kText;
    const uint32_t choice = chance_.Below(6);
    if (choice == 5) {
      const RandomExpression number = Draw(ValueType::kBigint, depth - 1);
      return Strict(fmt::format("CAST({} AS STRING)", number.text), kType, 20, number,
                    [](const Value& x) { return std::to_string(Number(x)); });
    }
    const RandomExpression a = Draw(kType, depth - 1);
    switch (choice) {
      case 0:
        return Strict(fmt::format("UPPER({})", a.text), kType, a.size_max, a, [](const Value& x) {
          std::string text = Text(x);
          std::ranges::transform(text, text.begin(),
                                 [](unsigned char c) { return std::toupper(c); });
          return text;
        });
      case 1: {
        const RandomExpression b = Draw(kType, depth - 1);
        if (a.size_max + b.size_max > kTextMax) return a;
        return Strict(fmt::format("({} || {})", a.text, b.text), kType, a.size_max + b.size_max, a,
                      b, [](const Value& x, const Value& y) { return Text(x) + Text(y); });
      }
      case 2: {
        const size_t from = chance_.Below(4) + 1, count = chance_.Below(5);
        return Strict(fmt::format("SUBSTRING({}, {}, {})", a.text, from, count), kType, a.size_max,
                      a, [from, count](const Value& x) {
                        return from > Text(x).size() ? std::string()
                                                     : Text(x).substr(from - 1, count);
                      });
      }
      case 3:
        return Strict(fmt::format("TRIM({})", a.text), kType, a.size_max, a, [](const Value& x) {
          const std::string& text = Text(x);
          const size_t begin = text.find_first_not_of(' ');
          if (begin == std::string::npos) return std::string();
          return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
        });
      default:
        return Strict(fmt::format("REVERSE({})", a.text), kType, a.size_max, a,
                      [](const Value& x) { return std::string(Text(x).rbegin(), Text(x).rend()); });
    }
  }

  RandomExpression TimeOf(int depth) {
    const RandomExpression a = Draw(ValueType::kTime, depth - 1);
    const int64_t seconds = chance_.Below(30);
    return Strict(fmt::format("({} + INTERVAL '{}' SECOND)", a.text, seconds), ValueType::kTime, 0,
                  a, [seconds](const Value& x) { return Number(x) + seconds * 1000; });
  }

  RandomExpression Comparison(int depth) {
    constexpr ValueType kTypes[] = {ValueType::kBigint, ValueType::kText, ValueType::kTime,
                                    ValueType::kBoolean};
    const ValueType type = kTypes[chance_.Below(4)];
    const RandomExpression a = Draw(type, depth - 1), b = Draw(type, depth - 1);
    struct Operator {
      const char* text;
      bool (*holds)(int);
    };
    constexpr Operator kOperators[] = {
        {"=", [](int order) { return order == 0; }}, {"<>", [](int order) { return order != 0; }},
        {"<", [](int order) { return order < 0; }},  {"<=", [](int order) { return order <= 0; }},
        {">", [](int order) { return order > 0; }},  {">=", [](int order) { return order >= 0; }}};
    const Operator comparison = kOperators[chance_.Below(type == ValueType::kBoolean ? 2 : 6)];
    return Strict(fmt::format("({} {} {})", a.text, comparison.text, b.text), ValueType::kBoolean,
                  0, a, b, [holds = comparison.holds](const Value& x, const Value& y) {
                    return holds(Compare(x, y));
                  });
  }

  RandomExpression Distinct(int depth) {
    constexpr ValueType kTypes[] = {ValueType::kBigint, ValueType::kText, ValueType::kBoolean};
    const ValueType type = kTypes[chance_.Below(3)];
    const RandomExpression a = Draw(type, depth - 1), b = Draw(type, depth - 1);
    const bool negated = chance_.Below(2) == 1;
    return {fmt::format("({} IS {}DISTINCT FROM {})", a.text, negated ? "NOT " : "", b.text),
            ValueType::kBoolean, 0, [=](const Values& row) {
              const Value x = a.evaluate(row), y = b.evaluate(row);
              const bool distinct =
                  IsNull(x) || IsNull(y) ? IsNull(x) != IsNull(y) : Compare(x, y) != 0;
              return Value(distinct != negated);
            }};
  }

  RandomExpression Logic(int depth) {
    const RandomExpression a = Draw(ValueType::kBoolean, depth - 1);
    const RandomExpression b = Draw(ValueType::kBoolean, depth - 1);
    // The value that decides alone: FALSE for AND, TRUE for OR.
    const bool decides = chance_.Below(2) == 1;
    return {fmt::format("({} {} {})", a.text, decides ? "OR" : "AND", b.text), ValueType::kBoolean,
            0, [=](const Values& row) {
              const Value x = a.evaluate(row), y = b.evaluate(row);
              if ((!IsNull(x) && Truth(x) == decides) || (!IsNull(y) && Truth(y) == decides)) {
                return Value(decides);
              }
              return IsNull(x) || IsNull(y) ? Null() : Value(!decides);
            }};
  }

  RandomExpression Like(int depth) {
    const RandomExpression a = Draw(ValueType::kText, depth - 1);
    const std::string part = chance_.Of(std::vector<std::string>{"a", "b", "z", "ab"});
    if (chance_.Below(2) == 0) {
      return Strict(fmt::format("({} LIKE '{}%')", a.text, part), ValueType::kBoolean, 0, a,
                    [part](const Value& x) { return Text(x).starts_with(part); });
    }
    return Strict(fmt::format("({} LIKE '%{}%')", a.text, part), ValueType::kBoolean, 0, a,
                  [part](const Value& x) { return Text(x).find(part) != std::string::npos; });
  }

  RandomExpression ConditionOf(int depth) {
    switch (chance_.Below(8)) {
      case 0:
      case 1:
      case 2:
        return Comparison(depth);
      case 3: {
        const RandomExpression a =
            Draw(chance_.Below(2) == 0 ? ValueType::kBigint : ValueType::kText, depth - 1);
        const bool negated = chance_.Below(2) == 1;
        return {fmt::format("({} IS {}NULL)", a.text, negated ? "NOT " : ""), ValueType::kBoolean,
                0, [=](const Values& row) { return Value(IsNull(a.evaluate(row)) != negated); }};
      }
      case 4:
        return Distinct(depth);
      case 5: {
        const RandomExpression a = Draw(ValueType::kBoolean, depth - 1);
        return Strict(fmt::format("(NOT {})", a.text), ValueType::kBoolean, 0, a,
                      [](const Value& x) { return !Truth(x); });
      }
      case 6:
        return Like(depth);
      default:
        return Logic(depth);
    }
  }

  Chance& chance_;
  const RandomStream& input_;
};

}  // namespace

RandomExpression DrawExpression(Chance& chance, const RandomStream& input, ValueType type,
                                int depth) {
  return ExpressionDrawer(chance, input).Draw(type, depth);
}

bool IsTrue(const RandomExpression& condition, const std::vector<Value>& row) {
  const Value value = condition.evaluate(row);
  return !IsNull(value) && std::get<bool>(value);
}

int Compare(const Value& a, const Value& b) { return a < b ? -1 : b < a ? 1 : 0; }

}  // namespace flinkc::property
