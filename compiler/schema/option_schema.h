// The options of one connector or format as a JSON Schema.
#pragma once

#include <span>

#include <nlohmann/json.hpp>

#include "runtime/connector/option_record.h"

namespace flinkc {

// A string in which a parameter is named, whose value only the compiler knows.
nlohmann::ordered_json ParameterReference();

// `roll.size` may be written so, or as maps one in the other, so every way of cutting a name at its
// dots is allowed.
nlohmann::ordered_json OptionsSchema(std::span<const OptionRecord> options);

}  // namespace flinkc
