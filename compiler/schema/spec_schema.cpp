#include "compiler/schema/spec_schema.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compiler/schema/option_schema.h"
#include "compiler/spec/job_config.h"
#include "compiler/spec/spec_keys.h"
#include "runtime/base/check.h"

namespace flinkc {

namespace {

// Members stand in the order in which they are set.
using Json = nlohmann::ordered_json;

constexpr std::string_view kIdentifier = "^[A-Za-z_][A-Za-z0-9_]{0,127}$";
constexpr std::string_view kStreamReference =
    "^[A-Za-z_][A-Za-z0-9_]{0,127}(\\.[A-Za-z_][A-Za-z0-9_]{0,127})?$";

Json Reference(std::string_view map) {
  std::string name(map);
  std::ranges::replace(name, ' ', '_');
  return {{"$ref", "#/definitions/" + name}};
}

Json AnyOf(std::vector<Json> schemas) { return {{"anyOf", std::move(schemas)}}; }

Json NamesOf(std::span<const std::string_view> names) {
  Json json = Json::array();
  for (std::string_view name : names) json.push_back(name);
  return json;
}

// A scalar without quotes may be a number or a boolean to YAML and text to flinkc.
Json Scalar() { return {{"type", {"string", "number", "boolean"}}}; }
Json Type() { return {{"type", "string"}}; }
Json Expression() { return {{"type", {"string", "number", "boolean", "null"}}}; }
// `true` is an identifier.
Json Word(std::string_view pattern) {
  return {{"type", {"string", "boolean"}}, {"pattern", pattern}};
}

Json ListOf(Json item, size_t least) {
  return {{"type", "array"}, {"minItems", least}, {"items", std::move(item)}};
}

// A map whose keys are the user's.
Json MapOf(Json value, bool identifiers, size_t least) {
  Json schema = {{"type", "object"}, {"minProperties", least}};
  if (identifiers) schema["propertyNames"] = {{"pattern", kIdentifier}};
  schema["additionalProperties"] = std::move(value);
  return schema;
}

Json Columns() { return MapOf(AnyOf({Type(), Reference("column")}), false, 1); }
Json NamedExpressions() {
  return MapOf(AnyOf({Expression(), Reference("computed column")}), false, 1);
}
Json ListedExpressions(size_t least) {
  return AnyOf({NamedExpressions(), ListOf(AnyOf({Scalar(), NamedExpressions()}), least)});
}

Json Config() {
  Json properties = Json::object();
  for (std::string_view name : JobConfigOptions()) properties[std::string(name)] = Scalar();
  return {
      {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

Json OneExpression() {
  Json schema = NamedExpressions();
  schema["maxProperties"] = 1;
  return schema;
}

Json Branches() {
  Json schema = MapOf(Expression(), true, 1);
  schema["properties"] = {{"else", Word(kIdentifier)}};
  return schema;
}

class SchemaWriter {
 public:
  SchemaWriter(const ConnectorRecords& connectors, const FormatRecords& formats)
      : connectors_(connectors), formats_(formats) {}

  std::string Write() {
    Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                   {"title", "flinkc spec, version 1"}};
    schema.update(MapSchema(SpecMap("spec")));
    for (const MapRecord& map : SpecMaps()) {
      if (map.name == "spec" || map.name == "operator") continue;
      schema["definitions"].update({{DefinitionName(map.name), MapSchema(map)}});
    }
    AddConnectors(schema["definitions"], true);
    AddConnectors(schema["definitions"], false);
    return schema.dump(1) + "\n";
  }

 private:
  static std::string DefinitionName(std::string_view map) {
    std::string name(map);
    std::ranges::replace(name, ' ', '_');
    return name;
  }

  Json MapSchema(const MapRecord& map) const {
    Json properties = Json::object();
    Json required = Json::array();
    const auto add = [&](std::span<const KeyRecord> keys) {
      for (const KeyRecord& key : keys) {
        Json& property = properties[std::string(key.name)];
        property["description"] = key.doc;
        property.update(ValueSchema(map, key));
        if (key.required) required.push_back(key.name);
      }
    };
    add(map.keys);
    if (map.has_operator) add(SpecMap("operator").keys);
    Json schema = {{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    schema["additionalProperties"] = false;
    return schema;
  }

  Json ValueSchema(const MapRecord& map, const KeyRecord& key) const {
    switch (key.value) {
      case KeyValue::kVersion:
        return {{"enum", {1, "1"}}};
      case KeyValue::kText:
      case KeyValue::kScalar:
      case KeyValue::kDuration:
      case KeyValue::kColumnName:
        return Scalar();
      case KeyValue::kScalars:
      case KeyValue::kColumnNames:
        return ListOf(Scalar(), 1);
      case KeyValue::kColumnNamesOrAll:
        return AnyOf({{{"enum", Json::array({"all"})}}, ListOf(Scalar(), 1)});
      case KeyValue::kBoolean:
        return AnyOf({{{"type", "boolean"}}, ParameterReference()});
      case KeyValue::kInteger:
        return AnyOf({{{"type", "integer"}, {"minimum", key.min}, {"maximum", key.max}},
                      ParameterReference()});
      case KeyValue::kChoice:
        return AnyOf({{{"enum", NamesOf(key.choices)}}, ParameterReference()});
      case KeyValue::kOnError:
        return AnyOf(
            {{{"enum", {"fail", "drop", "null", "route", nullptr}}}, ParameterReference()});
      case KeyValue::kEmit:
        return AnyOf({Word("^(close|update|end|every .+)$"), ParameterReference()});
      case KeyValue::kRowsBefore:
        return AnyOf({Word("^([0-9]+|unbounded) preceding$"), ParameterReference()});
      case KeyValue::kTimeBefore:
        return AnyOf({Word("^.+ preceding$"), ParameterReference()});
      case KeyValue::kName:
        return Word(kIdentifier);
      case KeyValue::kReference:
        return Word(kStreamReference);
      case KeyValue::kReferences:
        return AnyOf({Word(kStreamReference), ListOf(Word(kStreamReference), 1)});
      case KeyValue::kWordOrMap:
        return AnyOf({{{"enum", NamesOf(key.choices)}}, Reference(key.map)});
      case KeyValue::kOrder: {
        Json direction = {{"enum", {"asc", "desc", "asc_nulls_last", "desc_nulls_first"}}};
        Json item = MapOf(AnyOf({std::move(direction), ParameterReference()}), false, 1);
        item["maxProperties"] = 1;
        return ListOf(AnyOf({Scalar(), std::move(item)}), 1);
      }
      case KeyValue::kStreamNames: {
        Json schema = MapOf(Word(kStreamReference), true, 2);
        schema["maxProperties"] = 2;
        return schema;
      }
      case KeyValue::kType:
        return Type();
      case KeyValue::kExpression:
        return Expression();
      case KeyValue::kColumns:
        return Columns();
      case KeyValue::kNamedExpressions:
        return NamedExpressions();
      case KeyValue::kGroupingColumns:
        return ListedExpressions(0);
      case KeyValue::kListedExpressions:
        return ListedExpressions(1);
      case KeyValue::kOneExpression:
        return OneExpression();
      case KeyValue::kRenames:
        return MapOf(Scalar(), false, 1);
      case KeyValue::kBranches:
        return Branches();
      case KeyValue::kConditions:
        return MapOf(Expression(), true, 1);
      case KeyValue::kNameLists:
        return MapOf(ListOf(Scalar(), 1), true, 1);
      case KeyValue::kArguments:
        return MapOf(Type(), true, 0);
      case KeyValue::kSchema:
        return AnyOf({Word(kIdentifier), Columns()});
      case KeyValue::kFormat:
        return FormatSchema(map.name == "source");
      case KeyValue::kOptions:
        return {{"type", "object"}};
      case KeyValue::kConfig:
        return Config();
      case KeyValue::kMap:
        return {{"allOf", {Reference(key.map)}}};
      case KeyValue::kNamedMaps:
        return MapOf(Reference(key.map), true, 1);
      case KeyValue::kNamedColumns:
        return MapOf(Columns(), true, 1);
      case KeyValue::kPipe:
        return ListOf(Reference("pipe item"), 1);
    }
    CHECK(false);
  }

  // `csv`, or `{csv: {header: true}}`.
  Json FormatSchema(bool is_source) const {
    Json names = Json::array();
    Json properties = Json::object();
    for (const FormatRecord& format : formats_) {
      if (!(is_source ? format.decodes : format.encodes)) continue;
      names.push_back(format.name);
      properties[std::string(format.name)] =
          AnyOf({OptionsSchema(format.options), {{"type", "null"}}});
      properties[std::string(format.name)]["description"] = format.doc;
    }
    Json map = {{"type", "object"},
                {"properties", std::move(properties)},
                {"additionalProperties", false},
                {"minProperties", 1},
                {"maxProperties", 1}};
    return AnyOf({{{"enum", std::move(names)}}, std::move(map), ParameterReference()});
  }

  // Which connectors there are, and the options of each.
  void AddConnectors(Json& definitions, bool is_source) const {
    Json names = Json::array();
    Json cases = Json::array();
    for (const ConnectorRecord& connector : connectors_) {
      if (!(is_source ? connector.source.declared : connector.sink.declared)) continue;
      names.push_back(connector.name);
      const std::string name =
          fmt::format("{}_{}_options", connector.name, is_source ? "source" : "sink");
      definitions[name] =
          OptionsSchema(is_source ? connector.source.options : connector.sink.options);
      Json options = {{"description", connector.doc}, {"allOf", {Reference(name)}}};
      Json is_it = {{"properties", {{"connector", {{"const", connector.name}}}}}};
      cases.push_back({{"if", std::move(is_it)},
                       {"then", {{"properties", {{"options", std::move(options)}}}}}});
    }
    Json& map = definitions[is_source ? "source" : "sink"];
    map["properties"]["connector"].erase("type");
    map["properties"]["connector"].update(
        AnyOf({{{"enum", std::move(names)}}, ParameterReference()}));
    map["allOf"] = std::move(cases);
  }

  const ConnectorRecords& connectors_;
  const FormatRecords& formats_;
};

}  // namespace

std::string SpecSchema(const ConnectorRecords& connectors, const FormatRecords& formats) {
  return SchemaWriter(connectors, formats).Write();
}

}  // namespace flinkc
