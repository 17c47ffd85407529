// One group of options out of a job's configuration, checked against its records.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/connector/option_record.h"

namespace flinkc {

// The options of `config` whose names begin with one of `groups`. kInvalidArgument names every one
// that is unknown or wrong.
Result<OptionMap> ReadOptionGroup(const std::map<std::string, std::string>& config,
                                  std::span<const std::string_view> groups,
                                  std::span<const OptionRecord> records);

}  // namespace flinkc
