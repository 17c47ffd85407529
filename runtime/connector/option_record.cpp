#include "runtime/connector/option_record.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "runtime/base/check.h"
#include "runtime/connector/option_values.h"

namespace flinkc {

std::string_view Name(OptionType type) {
  switch (type) {
    case OptionType::kString:
      return "string";
    case OptionType::kBoolean:
      return "boolean";
    case OptionType::kInteger:
      return "integer";
    case OptionType::kNumber:
      return "number";
    case OptionType::kDuration:
      return "duration";
    case OptionType::kSize:
      return "size";
    case OptionType::kChoice:
      return "choice";
    case OptionType::kCharacter:
      return "character";
    case OptionType::kTimestamp:
      return "timestamp";
    case OptionType::kList:
      return "list";
  }
  CHECK(false);
}

namespace {

bool IsIndex(std::string_view text) {
  return !text.empty() && text.size() <= 9 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool Matches(const OptionRecord& record, std::string_view name) {
  const size_t star = record.name.find('*');
  if (star != std::string_view::npos) {
    // A column's name may hold dots: only what stands before and behind it is compared.
    const std::string_view prefix = record.name.substr(0, star);
    std::string_view suffix = record.name.substr(star + 1);
    if (!name.starts_with(prefix)) return false;
    if (record.type == OptionType::kList) {
      const size_t dot = name.rfind('.');
      if (!IsIndex(name.substr(dot + 1))) return false;
      name = name.substr(0, dot);
    }
    return name.size() > prefix.size() + suffix.size() && name.ends_with(suffix);
  }
  if (record.type == OptionType::kList) {
    return name.starts_with(record.name) && name.size() > record.name.size() + 1 &&
           name[record.name.size()] == '.' && IsIndex(name.substr(record.name.size() + 1));
  }
  return name == record.name;
}

// What is wrong with `text` as a value of `record`, or "".
std::string WrongValue(const OptionRecord& record, std::string_view text) {
  auto expected = [&](std::string_view what) {
    return fmt::format("expected {}, found `{}`", what, text.substr(0, 60));
  };
  switch (record.type) {
    case OptionType::kString:
    case OptionType::kList:
      return "";
    case OptionType::kBoolean:
      return ParseBooleanOption(text) ? "" : expected("`true` or `false`");
    case OptionType::kInteger: {
      const Result<int64_t> value = ParseIntegerOption(text);
      if (!value) return expected("a whole number");
      if (*value >= record.min && *value <= record.max) return "";
      if (record.max == INT64_MAX) return expected(fmt::format("at least {}", record.min));
      return expected(fmt::format("a whole number from {} to {}", record.min, record.max));
    }
    case OptionType::kNumber:
      return ParseNumberOption(text) ? "" : expected("a number");
    case OptionType::kDuration:
      return ParseDurationMicros(text) ? "" : expected("a duration such as `5s` or `500ms`");
    case OptionType::kSize: {
      const Result<int64_t> value = ParseSizeBytes(text);
      if (!value) return expected("a size such as `16mb`");
      return *value >= record.min && *value <= record.max
                 ? ""
                 : expected(fmt::format("at least {} bytes", record.min));
    }
    case OptionType::kChoice:
      if (std::find(record.choices.begin(), record.choices.end(), text) != record.choices.end()) {
        return "";
      }
      return expected(fmt::format("one of {}", fmt::join(record.choices, ", ")));
    case OptionType::kCharacter:
      return ParseCharacterOption(text) ? "" : expected("one ASCII character");
    case OptionType::kTimestamp:
      return ParseTimestampOption(text) ? ""
                                        : expected("a timestamp such as `2015-07-15 00:00:00`");
  }
  CHECK(false);
}

bool IsGiven(const OptionRecord& record, const OptionMap& options) {
  return std::any_of(options.begin(), options.end(),
                     [&](const auto& entry) { return Matches(record, entry.first); });
}

}  // namespace

const OptionRecord* FindOptionRecord(std::span<const OptionRecord> records, std::string_view name) {
  for (const OptionRecord& record : records) {
    if (Matches(record, name)) return &record;
  }
  return nullptr;
}

OptionProblems CheckOptions(std::span<const OptionRecord> records, const OptionMap& options) {
  OptionProblems problems;
  for (const auto& [name, text] : options) {
    const OptionRecord* record = FindOptionRecord(records, name);
    if (record == nullptr) {
      problems.push_back(
          {OptionProblemKind::kUnknown, name, fmt::format("unknown option `{}`", name), ""});
    } else if (!record->supported) {
      problems.push_back({OptionProblemKind::kUnsupported, name,
                          fmt::format("option `{}` is not supported yet", name), ""});
    } else if (std::string wrong = WrongValue(*record, text); !wrong.empty()) {
      problems.push_back({OptionProblemKind::kInvalidValue, name,
                          fmt::format("option `{}`: {}", name, wrong), std::string(record->doc)});
    }
  }
  for (const OptionRecord& record : records) {
    if (record.required && !IsGiven(record, options)) {
      problems.push_back({OptionProblemKind::kMissing, std::string(record.name),
                          fmt::format("option `{}` is missing", record.name),
                          std::string(record.doc)});
    }
  }
  return problems;
}

}  // namespace flinkc
