#include "compiler/spec/job_spec.h"

namespace flinkc {

std::string_view Name(OnError on_error) {
  switch (on_error) {
    case OnError::kFail:
      return "fail";
    case OnError::kDrop:
      return "drop";
    case OnError::kNull:
      return "null";
    case OnError::kRoute:
      return "route";
  }
  return "";
}

const OptionValue* FindOption(const OptionMap& options, std::string_view name) {
  for (const OptionEntry& entry : options) {
    if (entry.name.value == name) return &entry.value;
  }
  return nullptr;
}

}  // namespace flinkc
