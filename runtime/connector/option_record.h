// What one option of a connector or a format is: the compiler checks specs against these records,
// `flinkc connectors` prints them, and the runtime parts read their defaults from them. Pure data.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/graph/descriptors.h"

namespace flinkc {

enum class OptionType : uint8_t {
  kString,
  kBoolean,    // true, false
  kInteger,    // within min and max
  kNumber,     // any finite number
  kDuration,   // 500ms, 5s, 1m, 2h, 1d
  kSize,       // bytes: 512, 64kb, 16mb, 1gb
  kChoice,     // one of `choices`
  kCharacter,  // one printable ASCII character or \t
  kTimestamp,  // 2015-07-15 00:00:00
  kList,       // of strings
};
// The name as printed: "duration".
std::string_view Name(OptionType type);

struct OptionRecord {
  // With dots where the spec nests maps ("roll.size"). "fields.*.kind": `*` is any column's name.
  std::string_view name;
  OptionType type = OptionType::kString;
  std::string_view doc;
  std::string_view default_value = {};  // "" where there is none
  std::span<const std::string_view> choices = {};
  int64_t min = INT64_MIN;
  int64_t max = INT64_MAX;
  bool required = false;
  bool supported = true;  // false: known to the language, refused as "not supported yet"
};

enum class OptionProblemKind : uint8_t { kUnknown, kMissing, kInvalidValue, kUnsupported };

// What is wrong with one option. `option` is its name as in the OptionMap, so that the compiler
// can find its place in the spec.
struct OptionProblem {
  OptionProblemKind kind = OptionProblemKind::kInvalidValue;
  std::string option;
  std::string message;  // "expected a duration such as `5s`, found `5 apples`"
  std::string help;     // how to mend it, or ""
};
using OptionProblems = std::vector<OptionProblem>;

// Checks every option against its record: unknown names, missing ones, values of a wrong type.
// The items of a list `partition_by` are the options `partition_by.0`, `partition_by.1`, … in an
// OptionMap.
OptionProblems CheckOptions(std::span<const OptionRecord> records, const OptionMap& options);

// The record that an option's name belongs to (wildcards and list items resolved), or nullptr.
const OptionRecord* FindOptionRecord(std::span<const OptionRecord> records, std::string_view name);

}  // namespace flinkc
