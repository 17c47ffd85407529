// `match:`.
#include <algorithm>

#include <fmt/format.h>

#include "compiler/spec/section_parsers.h"

namespace flinkc {

namespace {

std::vector<MatchSpec::Definition> ParseDefine(Field field, SpecReader& reader) {
  std::vector<MatchSpec::Definition> define;
  if (!field) return define;
  for (const YamlEntry& entry : reader.EntriesOf(field)) {
    const SourceText& variable = entry.key->text;
    const bool is_named = reader.CheckName(variable, "a variable's name");
    std::optional<ExpressionText> condition = reader.ReadExpression({variable.value, entry.value});
    if (is_named && condition) define.push_back({variable, *std::move(condition)});
  }
  return define;
}

// The variables of the subset that the field is named after, each once.
std::vector<SpecName> ReadVariables(Field field, SpecReader& reader) {
  std::vector<SpecName> variables;
  for (const YamlNode* item : reader.ItemsOf(field)) {
    std::optional<SpecName> variable = reader.ReadName({field.name, item});
    if (!variable) continue;
    const auto first = std::ranges::find(variables, variable->value, &SpecName::value);
    if (first == variables.end()) {
      variables.push_back(*std::move(variable));
      continue;
    }
    reader
        .Report(DiagnosticCode::kNameTaken, variable->span,
                fmt::format("the variable `{}` stands twice in `{}`", variable->value, field.name))
        .Also(first->span, "first here");
  }
  return variables;
}

std::vector<MatchSpec::Subset> ParseSubset(Field field, SpecReader& reader) {
  std::vector<MatchSpec::Subset> subsets;
  if (!field) return subsets;
  for (const YamlEntry& entry : reader.EntriesOf(field)) {
    const SourceText& name = entry.key->text;
    const bool is_named = reader.CheckName(name, "a subset's name");
    std::vector<SpecName> variables = ReadVariables({name.value, entry.value}, reader);
    if (is_named) subsets.push_back({name, std::move(variables)});
  }
  return subsets;
}

// Rows that are read by the clock are in the order in which they come.
void CheckTogether(const MatchSpec& match, const MapReader& map, SpecReader& reader) {
  if (!match.processing_time) return;
  const auto refuse = [&](std::string_view key, std::string_view why) {
    reader
        .Report(DiagnosticCode::kConflictingKeys, map.KeySpan(key),
                fmt::format("`{}` has no meaning by processing time: {}", key, why))
        .Also(*match.processing_time, "the rows are matched by the clock");
  };
  if (!match.order_by.empty()) refuse("order_by", "rows are matched in the order they come in");
  if (match.late) refuse("late", "no row is late");
}

}  // namespace

std::optional<MatchSpec> ParseMatch(Field field, SpecReader& reader) {
  const size_t before = reader.problems();
  MapReader map(reader, field, "match", "`match`");
  if (!map.is_map()) return std::nullopt;
  MatchSpec match;
  match.by = ParseGroupColumns(map.Take("by"), reader);
  match.order_by = ParseOrderBy(map.Take("order_by"), reader);
  enum class On : uint8_t { kProcessingTime };
  if (const auto on =
          reader.ReadChoice<On>(map.Take("on"), {{"processing_time", On::kProcessingTime}})) {
    match.processing_time = on->span;
  }
  if (auto pattern = reader.ReadText(map.Require("pattern", "pattern: START DOWN+ UP"))) {
    match.pattern = *std::move(pattern);
  }
  match.within = reader.ReadDuration(map.Take("within"), 1);
  match.subset = ParseSubset(map.Take("subset"), reader);
  match.define = ParseDefine(map.Take("define"), reader);
  if (Field measures = map.Require("measures", "measures: {bottom: LAST(DOWN.price)}")) {
    match.measures = ParseNamedExpressions(measures, false, reader);
  }
  match.after_match = reader.ReadText(map.Take("after_match"));
  match.late = reader.ReadChoice<LateRows>(
      map.Take("late"), {{"drop", LateRows::kDrop}, {"route", LateRows::kRoute}});
  map.Finish();
  if (reader.problems() == before) CheckTogether(match, map, reader);
  if (reader.problems() != before) return std::nullopt;
  return match;
}

}  // namespace flinkc
