#include "compiler/spec/job_spec.h"

#include <fmt/format.h>

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

const OptionValue* FindOption(const OptionEntries& options, std::string_view name) {
  for (const OptionEntry& entry : options) {
    if (entry.name.value == name) return &entry.value;
  }
  return nullptr;
}

namespace {

void Flatten(const std::string& path, SourceSpan name_span, const OptionValue& value,
             std::vector<FlatOption>& flat) {
  switch (value.kind) {
    case OptionValue::Kind::kNull:
    case OptionValue::Kind::kScalar:
      flat.push_back({path, value.text.value, name_span, value.span});
      break;
    case OptionValue::Kind::kList:
      for (size_t i = 0; i < value.items.size(); ++i) {
        Flatten(fmt::format("{}.{}", path, i), value.items[i].span, value.items[i], flat);
      }
      break;
    case OptionValue::Kind::kMap:
      for (const OptionEntry& entry : value.entries) {
        Flatten(path + "." + entry.name.value, entry.name.span, entry.value, flat);
      }
      break;
  }
}

}  // namespace

std::vector<FlatOption> FlattenOptions(const OptionEntries& options) {
  std::vector<FlatOption> flat;
  for (const OptionEntry& entry : options) {
    Flatten(entry.name.value, entry.name.span, entry.value, flat);
  }
  return flat;
}

}  // namespace flinkc
