#include "compiler/schema/option_schema.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

using Json = nlohmann::ordered_json;

// What a number or a boolean may also be: quoted, or a parameter.
Json OrText(Json schema) { return {{"anyOf", {std::move(schema), {{"type", "string"}}}}}; }

Json IntegerSchema(const OptionRecord& option) {
  Json schema = {{"type", "integer"}};
  if (option.min != INT64_MIN) schema["minimum"] = option.min;
  if (option.max != INT64_MAX) schema["maximum"] = option.max;
  return OrText(std::move(schema));
}

Json ChoiceSchema(const OptionRecord& option) {
  Json names = Json::array();
  for (std::string_view choice : option.choices) names.push_back(choice);
  return {{"anyOf", {{{"enum", std::move(names)}}, ParameterReference()}}};
}

Json ValueSchema(const OptionRecord& option) {
  switch (option.type) {
    case OptionType::kBoolean:
      return OrText({{"type", "boolean"}});
    case OptionType::kInteger:
      return IntegerSchema(option);
    case OptionType::kNumber:
      return OrText({{"type", "number"}});
    case OptionType::kChoice:
      return ChoiceSchema(option);
    case OptionType::kList:
      return {{"type", "array"}, {"items", {{"type", {"string", "number", "boolean"}}}}};
    case OptionType::kString:
      return {{"type", {"string", "number", "boolean", "null"}}};
    case OptionType::kDuration:
    case OptionType::kSize:
    case OptionType::kCharacter:
    case OptionType::kTimestamp:
      return {{"type", {"string", "number", "boolean"}}};
  }
  CHECK(false);
}

Json LeafSchema(const OptionRecord& option) {
  Json schema = {{"description", option.doc}};
  if (!option.default_value.empty()) schema["default"] = option.default_value;
  schema.update(ValueSchema(option));
  return schema;
}

// An option, and what is left of its name inside the maps around it.
struct Rest {
  const OptionRecord* option;
  std::string_view name;
};

std::string EscapedForPattern(std::string_view text) {
  std::string escaped;
  for (char c : text) escaped += c == '.' ? "\\." : std::string(1, c);
  return escaped;
}

// The properties of one map. A name with a wildcard stands for all that begin like it: a column's
// name may hold dots, so where it ends only the compiler knows.
class MapSchema {
 public:
  void Add(std::string_view name, Json schema) {
    const size_t star = name.find('*');
    if (star == std::string_view::npos) {
      properties_[std::string(name)] = std::move(schema);
    } else {
      patterns_["^" + EscapedForPattern(name.substr(0, star)) + "."]["anyOf"].push_back(
          std::move(schema));
    }
  }

  Json Take() {
    Json schema = {{"type", "object"}, {"properties", std::move(properties_)}};
    if (!patterns_.empty()) schema["patternProperties"] = std::move(patterns_);
    schema["additionalProperties"] = false;
    return schema;
  }

 private:
  Json properties_ = Json::object();
  Json patterns_ = Json::object();
};

Json SchemaOf(const std::vector<Rest>& options) {
  MapSchema map;
  // What stands behind each beginning of a name that ends at a dot.
  std::vector<std::pair<std::string_view, std::vector<Rest>>> inner;
  for (const Rest& rest : options) {
    for (size_t dot = rest.name.find('.'); dot != std::string_view::npos;
         dot = rest.name.find('.', dot + 1)) {
      const std::string_view begin = rest.name.substr(0, dot);
      auto found = std::ranges::find(inner, begin, &decltype(inner)::value_type::first);
      if (found == inner.end()) found = inner.insert(inner.end(), {begin, {}});
      found->second.push_back({rest.option, rest.name.substr(dot + 1)});
    }
  }
  for (const auto& [begin, rests] : inner) map.Add(begin, SchemaOf(rests));
  for (const Rest& rest : options) map.Add(rest.name, LeafSchema(*rest.option));
  return map.Take();
}

}  // namespace

Json ParameterReference() { return {{"type", "string"}, {"pattern", "\\$\\{"}}; }

Json OptionsSchema(std::span<const OptionRecord> options) {
  std::vector<Rest> rests;
  for (const OptionRecord& option : options) {
    if (option.supported) rests.push_back({&option, option.name});
  }
  return SchemaOf(rests);
}

}  // namespace flinkc
