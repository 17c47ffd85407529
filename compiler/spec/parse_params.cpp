// `params:`: what is declared, and which value each has in this run: the command line's, else a
// parameters file's, else the environment variable's that the declaration names, else the default.
#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compiler/spec/section_parsers.h"

namespace flinkc {

namespace {

using Environment = std::function<std::optional<std::string>(const std::string&)>;

class ParamParser {
 public:
  ParamParser(const std::vector<ParameterSetting>& settings, const Environment& environment,
              SpecReader& reader)
      : settings_(settings), environment_(environment), reader_(reader) {}

  ParamSpec Parse(const YamlEntry& entry);

 private:
  std::optional<std::string> ReadValue(Field field, const ParameterType& type);
  std::vector<std::string> ReadChoices(Field field, const ParameterType& type);
  void ChooseValue(ParamSpec& param, const ParameterType& type,
                   const std::optional<std::string>& default_value,
                   const std::optional<SourceText>& env);
  void CheckLimits(const ParamSpec& param, const ParameterType& type, SourceSpan span);

  const std::vector<ParameterSetting>& settings_;
  const Environment& environment_;
  SpecReader& reader_;
  // Of the parameter being parsed.
  std::vector<std::string> choices_;
  std::optional<std::string> min_, max_;
};

// A value written in the declaration. Null is no value.
std::optional<std::string> ParamParser::ReadValue(Field field, const ParameterType& type) {
  if (!field) return std::nullopt;
  const YamlNode& node = *field.node;
  if (node.kind != YamlNode::Kind::kScalar) {
    reader_.ReportKind(field, "text, a number, or true or false");
    return std::nullopt;
  }
  std::expected<std::string, std::string> value = type.Canonical(node.text.value);
  if (!value) {
    reader_
        .Report(DiagnosticCode::kParameterDeclaration, node.span,
                fmt::format("`{}` is no value of the parameter's type", field.name))
        .Label(value.error());
    return std::nullopt;
  }
  return *value;
}

std::vector<std::string> ParamParser::ReadChoices(Field field, const ParameterType& type) {
  std::vector<std::string> choices;
  for (const YamlNode* item : reader_.ItemsOf(field)) {
    std::optional<std::string> choice = ReadValue({field.name, item}, type);
    if (choice) choices.push_back(*std::move(choice));
  }
  return choices;
}

void ParamParser::CheckLimits(const ParamSpec& param, const ParameterType& type, SourceSpan span) {
  std::string problem;
  if (!choices_.empty() &&
      std::find(choices_.begin(), choices_.end(), param.value) == choices_.end()) {
    problem = fmt::format("must be one of {}", fmt::join(choices_, ", "));
  } else if (min_ && type.Compare(param.value, *min_) < 0) {
    problem = fmt::format("must be at least {}", *min_);
  } else if (max_ && type.Compare(param.value, *max_) > 0) {
    problem = fmt::format("must be at most {}", *max_);
  } else {
    return;
  }
  reader_.Report(DiagnosticCode::kParameterValue, span,
                 fmt::format("the parameter `{}` {}, not {}", param.name.value, problem,
                             param.value.empty() ? "empty" : param.value));
}

void ParamParser::ChooseValue(ParamSpec& param, const ParameterType& type,
                              const std::optional<std::string>& default_value,
                              const std::optional<SourceText>& env) {
  const std::string& name = param.name.value;
  // The last of the most binding origin.
  const ParameterSetting* setting = nullptr;
  for (const ParameterSetting& candidate : settings_) {
    if (candidate.name != name) continue;
    if (setting == nullptr || candidate.origin >= setting->origin) setting = &candidate;
  }
  std::optional<std::string> given;
  SourceSpan span = param.name.span;
  std::string origin;
  if (setting != nullptr) {
    given = setting->value;
    param.origin = setting->origin;
    if (setting->span.is_valid()) span = setting->span;
    origin = setting->origin == ParamSpec::Origin::kFile ? "the parameters file" : "-p";
  } else if (env && environment_ && (given = environment_(env->value))) {
    param.origin = ParamSpec::Origin::kEnvironment;
    origin = fmt::format("the environment variable {}", env->value);
  } else if (default_value) {
    param.value = *default_value;
    CheckLimits(param, type, span);
    return;
  } else {
    Diagnostic& diagnostic = reader_.Report(DiagnosticCode::kParameterValue, span,
                                            fmt::format("the parameter `{}` has no value", name));
    diagnostic.Help(fmt::format("give one with `-p {}=…`", name));
    diagnostic.Help("or give the parameter a `default`");
    return;
  }
  std::expected<std::string, std::string> value = type.Canonical(*given);
  if (!value) {
    reader_
        .Report(DiagnosticCode::kParameterValue, span,
                fmt::format("the value `{}` of the parameter `{}` (from {}) does not fit its "
                            "type {}",
                            *given, name, origin, param.type.value))
        .Label(value.error());
    return;
  }
  param.value = *std::move(value);
  CheckLimits(param, type, span);
}

ParamSpec ParamParser::Parse(const YamlEntry& entry) {
  size_t before = reader_.problems();
  ParamSpec param;
  param.name = entry.key->text;
  reader_.CheckName(param.name, "a parameter's name");
  MapReader map(reader_, {param.name.value, entry.value}, "parameter",
                fmt::format("the parameter `{}`", param.name.value));
  if (auto type = reader_.ReadType(map.Require("type", "type: STRING"))) {
    param.type = *std::move(type);
  }
  std::optional<ParameterType> type = ParameterType::Parse(param.type.value);
  if (!type && !param.type.value.empty()) {
    reader_
        .Report(DiagnosticCode::kParameterDeclaration, param.type.span,
                fmt::format("a parameter cannot have the type {}", param.type.value))
        .Help(
            "parameters are BOOLEAN, integers, FLOAT, DOUBLE, DECIMAL(p,s), STRING, DATE, "
            "TIMESTAMP or TIMESTAMP_LTZ");
  }
  Field default_field = map.Take("default");
  if (auto doc = reader_.ReadText(map.Take("doc"))) param.doc = doc->value;
  Field choices = map.Take("choices"), min = map.Take("min"), max = map.Take("max");
  std::optional<SourceText> env = reader_.ReadText(map.Take("env"));
  map.Finish();
  if (type) {
    choices_ = ReadChoices(choices, *type);
    for (Field limit : {min, max}) {
      if (limit && !type->is_ordered()) {
        reader_.Report(DiagnosticCode::kParameterDeclaration, map.KeySpan(limit.name),
                       fmt::format("a {} has no `{}`", param.type.value, limit.name));
      } else {
        (limit.name == "min" ? min_ : max_) = ReadValue(limit, *type);
      }
    }
    if (min_ && max_ && type->Compare(*min_, *max_) > 0) {
      reader_.Report(DiagnosticCode::kParameterDeclaration, max.node->span,
                     fmt::format("`max` is below `min`, which is {}", *min_));
    }
    std::optional<std::string> default_value = ReadValue(default_field, *type);
    if (reader_.problems() == before) ChooseValue(param, *type, default_value, env);
  }
  param.is_invalid = reader_.problems() != before;
  return param;
}

}  // namespace

std::vector<ParamSpec> ParseParams(Field field, const std::vector<ParameterSetting>& settings,
                                   const Environment& environment, SpecReader& reader) {
  std::vector<ParamSpec> params;
  for (const YamlEntry& entry : reader.EntriesOf(field)) {
    params.push_back(ParamParser(settings, environment, reader).Parse(entry));
  }
  std::vector<std::string_view> names;
  for (const ParamSpec& param : params) names.push_back(param.name.value);
  for (const ParameterSetting& setting : settings) {
    if (std::find(names.begin(), names.end(), setting.name) != names.end()) continue;
    Diagnostic& diagnostic =
        reader.Report(DiagnosticCode::kUnknownParameter, setting.span,
                      fmt::format("the spec has no parameter `{}`", setting.name));
    diagnostic.Label(SuggestText(setting.name, names));
    if (!names.empty()) {
      diagnostic.Help(fmt::format("its parameters are {}", fmt::join(names, ", ")));
    }
  }
  return params;
}

}  // namespace flinkc
