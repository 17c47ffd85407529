#include "compiler/spec/parameter.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "compiler/spec/names.h"
#include "compiler/spec/source_reader.h"
#include "compiler/spec/yaml_tree.h"

namespace flinkc {

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string Upper(std::string_view text) {
  std::string upper;
  for (char c : text) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return upper;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<int> ParseSmall(std::string_view text) {
  int value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// A decimal number without an exponent, taken apart: sign, digits before and after the point,
// without needless zeros.
struct DecimalParts {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
};

DecimalParts Split(std::string_view text) {
  DecimalParts parts;
  if (text.starts_with('-') || text.starts_with('+')) {
    parts.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  size_t point = text.find('.');
  parts.whole = text.substr(0, point);
  if (point != std::string_view::npos) parts.fraction = text.substr(point + 1);
  while (parts.whole.starts_with('0')) parts.whole.remove_prefix(1);
  while (parts.fraction.ends_with('0')) parts.fraction.remove_suffix(1);
  if (parts.whole.empty() && parts.fraction.empty()) parts.negative = false;
  return parts;
}

std::string Join(const DecimalParts& parts) {
  std::string text = parts.negative ? "-" : "";
  text += parts.whole.empty() ? "0" : parts.whole;
  if (!parts.fraction.empty()) text += fmt::format(".{}", parts.fraction);
  return text;
}

int CompareDecimals(std::string_view a, std::string_view b) {
  DecimalParts x = Split(a), y = Split(b);
  if (x.negative != y.negative) return x.negative ? -1 : 1;
  int sign = x.negative ? -1 : 1;
  if (x.whole.size() != y.whole.size()) return x.whole.size() < y.whole.size() ? -sign : sign;
  int order = x.whole.compare(y.whole);
  if (order == 0) order = x.fraction.compare(y.fraction);
  return order < 0 ? -sign : order > 0 ? sign : 0;
}

// Infinity for what a DOUBLE cannot hold.
double ToDouble(std::string_view text) {
  double value = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? value : HUGE_VAL;
}

bool IsDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (size_t i : {0, 1, 2, 3, 5, 6, 8, 9}) {
    if (!IsDigit(text[i])) return false;
  }
  int year = *ParseSmall(text.substr(0, 4));
  int month = *ParseSmall(text.substr(5, 2));
  int day = *ParseSmall(text.substr(8, 2));
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  return day <= kDays[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

// HH:MM:SS with up to `digits` digits of a second.
bool IsTime(std::string_view text, int digits) {
  if (text.size() < 8 || text[2] != ':' || text[5] != ':') return false;
  for (size_t i : {0, 1, 3, 4, 6, 7}) {
    if (!IsDigit(text[i])) return false;
  }
  if (text.substr(0, 2) > "23" || text[3] > '5' || text[6] > '5') return false;
  std::string_view fraction = text.substr(8);
  if (fraction.empty()) return true;
  return fraction[0] == '.' && fraction.size() >= 2 &&
         fraction.size() <= static_cast<size_t>(digits) + 1 &&
         std::all_of(fraction.begin() + 1, fraction.end(), IsDigit);
}

size_t CharacterCount(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

Result<ParameterSetting> ParseParameterOption(std::string_view option) {
  size_t equals = option.find('=');
  std::string_view name = option.substr(0, equals);
  if (equals == std::string_view::npos || !IsIdentifier(name)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("`-p {}` is not of the form `-p name=value`", option));
  }
  return ParameterSetting{std::string(name),
                          std::string(option.substr(equals + 1)),
                          ParamSpec::Origin::kCommandLine,
                          {}};
}

std::vector<ParameterSetting> ParseParametersFile(const SourceBuffer& buffer, DiagnosticLog& log) {
  std::vector<ParameterSetting> settings;
  if (!CheckSourceText(buffer, log)) return settings;
  std::optional<YamlTree> tree = ReadYaml(buffer, log);
  if (!tree || tree->root == nullptr) return settings;
  if (tree->root->kind != YamlNode::Kind::kMap) {
    log.Report(DiagnosticCode::kWrongKind, tree->root->span,
               fmt::format("a file of parameters must be a map of names to values, not {}",
                           Describe(*tree->root)));
    return settings;
  }
  for (const YamlEntry& entry : tree->root->entries) {
    if (entry.value->kind == YamlNode::Kind::kInvalid) continue;
    if (entry.value->kind != YamlNode::Kind::kScalar) {
      log.Report(DiagnosticCode::kWrongKind, entry.value->span,
                 fmt::format("the value of `{}` must be text or a number, not {}",
                             entry.key->text.value, Describe(*entry.value)));
      continue;
    }
    settings.push_back({entry.key->text.value, entry.value->text.value, ParamSpec::Origin::kFile,
                        entry.key->span});
  }
  return settings;
}

std::optional<ParameterType> ParameterType::Parse(std::string_view text) {
  std::string upper = Upper(Trim(text));
  std::string_view rest = upper;
  if (rest.ends_with(" NOT NULL")) rest.remove_suffix(9);
  rest = Trim(rest);
  std::vector<int> arguments;
  if (size_t open = rest.find('('); open != std::string_view::npos) {
    if (!rest.ends_with(')')) return std::nullopt;
    std::string_view list = rest.substr(open + 1, rest.size() - open - 2);
    while (true) {
      size_t comma = list.find(',');
      std::optional<int> argument = ParseSmall(Trim(list.substr(0, comma)));
      if (!argument || arguments.size() == 2) return std::nullopt;
      arguments.push_back(*argument);
      if (comma == std::string_view::npos) break;
      list.remove_prefix(comma + 1);
    }
    rest = Trim(rest.substr(0, open));
  }
  ParameterType type;
  type.name_ = std::string(rest);
  auto argument = [&](size_t i, int absent) {
    return arguments.size() > i ? arguments[i] : absent;
  };
  size_t most_arguments = 0;
  if (rest == "BOOLEAN") {
    type.kind_ = Kind::kBoolean;
  } else if (rest == "TINYINT" || rest == "SMALLINT" || rest == "INT" || rest == "INTEGER" ||
             rest == "BIGINT") {
    type.kind_ = Kind::kInteger;
    type.bits_ = rest == "TINYINT" ? 8 : rest == "SMALLINT" ? 16 : rest == "BIGINT" ? 64 : 32;
  } else if (rest == "FLOAT" || rest == "DOUBLE") {
    type.kind_ = Kind::kFloating;
  } else if (rest == "DECIMAL" || rest == "NUMERIC" || rest == "DEC") {
    type.kind_ = Kind::kDecimal;
    type.precision_ = argument(0, 10);
    type.scale_ = argument(1, 0);
    most_arguments = 2;
    if (type.precision_ < 1 || type.precision_ > 38 || type.scale_ > type.precision_) {
      return std::nullopt;
    }
  } else if (rest == "STRING" || rest == "VARCHAR" || rest == "CHAR") {
    type.kind_ = Kind::kString;
    type.max_length_ = argument(0, rest == "CHAR" ? 1 : 0);
    most_arguments = rest == "STRING" ? 0 : 1;
  } else if (rest == "DATE") {
    type.kind_ = Kind::kDate;
  } else if (rest == "TIMESTAMP" || rest == "TIMESTAMP_LTZ") {
    type.kind_ = Kind::kTimestamp;
    type.precision_ = argument(0, 6);
    most_arguments = 1;
    if (type.precision_ > 6) return std::nullopt;
  } else {
    return std::nullopt;
  }
  if (arguments.size() > most_arguments) return std::nullopt;
  return type;
}

std::expected<std::string, std::string> ParameterType::Canonical(std::string_view text) const {
  auto fail = [&](std::string_view expected) {
    return std::unexpected(fmt::format("expected {}", expected));
  };
  switch (kind_) {
    case Kind::kBoolean: {
      std::optional<bool> value = ParseYamlBoolean(text);
      if (!value) return fail("true or false");
      return *value ? "true" : "false";
    }
    case Kind::kInteger: {
      if (!IsYamlInteger(text)) return fail("a whole number");
      std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
      int64_t value = 0;
      auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      int64_t max = bits_ == 64 ? INT64_MAX : (int64_t{1} << (bits_ - 1)) - 1;
      if (error != std::errc() || value > max || value < -max - 1) {
        return fail(fmt::format("a number from {} to {}", -max - 1, max));
      }
      return fmt::format("{}", value);
    }
    case Kind::kFloating: {
      if (!IsYamlNumber(text)) return fail("a number");
      if (!std::isfinite(ToDouble(text))) return fail("a finite number");
      return std::string(text);
    }
    case Kind::kDecimal: {
      if (!IsYamlNumber(text) || text.find_first_of("eE") != std::string_view::npos) {
        return fail("a decimal number");
      }
      DecimalParts parts = Split(text);
      if (parts.whole.size() > static_cast<size_t>(precision_ - scale_) ||
          parts.fraction.size() > static_cast<size_t>(scale_)) {
        return fail(fmt::format("at most {} digits before the point and {} after it",
                                precision_ - scale_, scale_));
      }
      return Join(parts);
    }
    case Kind::kString:
      if (max_length_ > 0 && CharacterCount(text) > static_cast<size_t>(max_length_)) {
        return fail(fmt::format("at most {} characters", max_length_));
      }
      return std::string(text);
    case Kind::kDate:
      if (!IsDate(text)) return fail("a date such as 2026-01-31");
      return std::string(text);
    case Kind::kTimestamp: {
      std::string value(text);
      if (value.size() > 10 && value[10] == 'T') value[10] = ' ';
      if (IsDate(value)) value += " 00:00:00";
      std::string_view view = value;
      if (view.size() < 19 || view[10] != ' ' || !IsDate(view.substr(0, 10)) ||
          !IsTime(view.substr(11), precision_)) {
        return fail("a time such as 2026-01-31 12:00:00");
      }
      return value;
    }
  }
  return fail("another type");
}

int ParameterType::Compare(std::string_view a, std::string_view b) const {
  if (kind_ == Kind::kFloating) {
    double x = ToDouble(a), y = ToDouble(b);
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (kind_ == Kind::kInteger || kind_ == Kind::kDecimal) return CompareDecimals(a, b);
  // Dates and times are written so that their text has their order; a fraction's last zeros do not
  // count.
  auto trim = [](std::string_view text) {
    while (text.find('.') != std::string_view::npos &&
           (text.ends_with('0') || text.ends_with('.'))) {
      text.remove_suffix(1);
    }
    return text;
  };
  int order = trim(a).compare(trim(b));
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

}  // namespace flinkc
