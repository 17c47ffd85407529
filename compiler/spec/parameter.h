// Values for a spec's parameters, and whether a text is a value of a parameter's type.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/source/source_buffer.h"
#include "compiler/spec/job_spec.h"
#include "runtime/base/result.h"

namespace flinkc {

// A value given from outside the spec.
struct ParameterSetting {
  std::string name;
  std::string value;
  ParamSpec::Origin origin = ParamSpec::Origin::kCommandLine;
  SourceSpan span;  // in a params file; else invalid
};

// `-p name=value`.
Result<ParameterSetting> ParseParameterOption(std::string_view option);

// `--params-file F`: a YAML map of names to scalars. Names that the spec does not declare are
// reported by ParseSpec.
std::vector<ParameterSetting> ParseParametersFile(const SourceBuffer& buffer, DiagnosticLog& log);

// The types a parameter may have: those whose values one writes as a word or a number.
class ParameterType {
 public:
  enum class Kind : uint8_t { kBoolean, kInteger, kFloating, kDecimal, kString, kDate, kTimestamp };

  // `text` is a type as in a schema; "NOT NULL" is allowed and means nothing, since a parameter
  // always has a value.
  static std::optional<ParameterType> Parse(std::string_view text);

  Kind kind() const { return kind_; }
  bool is_ordered() const { return kind_ != Kind::kBoolean && kind_ != Kind::kString; }
  // `text` in the one form that CAST from STRING reads, or why it is no value of this type.
  std::expected<std::string, std::string> Canonical(std::string_view text) const;
  // Below 0, 0 or above 0, of two canonical values of an ordered type.
  int Compare(std::string_view a, std::string_view b) const;

 private:
  Kind kind_ = Kind::kString;
  std::string name_;    // "INT"
  int bits_ = 64;       // kInteger
  int precision_ = 0;   // kDecimal; kTimestamp: digits of a second
  int scale_ = 0;       // kDecimal
  int max_length_ = 0;  // CHAR and VARCHAR; 0: any
};

}  // namespace flinkc
