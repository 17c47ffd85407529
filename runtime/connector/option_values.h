// Reads options out of an OptionMap: the value given, or the default of its record. The values were
// checked by CheckOptions at compile time; a plan that comes over the wire may still hold anything,
// so each reader can fail.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/connector/option_record.h"

namespace flinkc {

// "500ms", "5s", "1m", "2h", "1d", "10us"; a blank between number and unit is allowed. Also "0".
Result<int64_t> ParseDurationMicros(std::string_view text);
// "512", "512b", "64kb", "16mb", "1gb", also "kib" and "16m": powers of 1024.
Result<int64_t> ParseSizeBytes(std::string_view text);
Result<bool> ParseBooleanOption(std::string_view text);
Result<int64_t> ParseIntegerOption(std::string_view text);
Result<double> ParseNumberOption(std::string_view text);
// "2015-07-15 00:00:00[.ffffff]" as microseconds since 1970-01-01 00:00:00.
Result<int64_t> ParseTimestampOption(std::string_view text);
// One character, "\t" for a tab.
Result<char> ParseCharacterOption(std::string_view text);

class OptionReader {
 public:
  // Both must outlive the reader.
  OptionReader(std::span<const OptionRecord> records, const OptionMap& options)
      : records_(records), options_(options) {}

  // Whether the option was given.
  bool Has(std::string_view name) const;
  // The text given or the default; "" if neither.
  std::string Text(std::string_view name) const;
  Result<bool> Boolean(std::string_view name) const;
  Result<int64_t> Integer(std::string_view name) const;
  Result<double> Number(std::string_view name) const;
  Result<int64_t> DurationMicros(std::string_view name) const;
  Result<int64_t> SizeBytes(std::string_view name) const;
  Result<int64_t> TimestampMicros(std::string_view name) const;
  Result<char> Character(std::string_view name) const;
  std::vector<std::string> List(std::string_view name) const;

 private:
  const std::span<const OptionRecord> records_;
  const OptionMap& options_;
};

}  // namespace flinkc
