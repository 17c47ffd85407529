// The parsers of a spec's sections, for parse_spec.cpp. Each takes the section's value and gives
// what could be read of it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "compiler/spec/job_spec.h"
#include "compiler/spec/parameter.h"
#include "compiler/spec/spec_reader.h"

namespace flinkc {

// parse_params.cpp: the declared parameters with their values for this run.
std::vector<ParamSpec> ParseParams(
    Field field, const std::vector<ParameterSetting>& settings,
    const std::function<std::optional<std::string>(const std::string&)>& environment,
    SpecReader& reader);

// parse_types.cpp
std::vector<TypeSpec> ParseTypes(Field field, SpecReader& reader);
std::vector<FunctionSpec> ParseFunctions(Field field, SpecReader& reader);
std::optional<SchemaSpec> ParseSchema(Field field, SpecReader& reader);

// parse_sources.cpp
std::vector<SourceSpec> ParseSources(Field field, SpecReader& reader);
std::vector<SinkSpec> ParseSinks(Field field, SpecReader& reader);
std::optional<StreamReference> ParseStreamReference(Field field, SpecReader& reader);

// parse_streams.cpp
std::vector<StreamSpec> ParseStreams(Field field, SpecReader& reader);

// parse_operators.cpp: `keyword` is an operator's (spec_keys.h).
OperatorSpec ParseOperator(const SourceText& keyword, const YamlNode& value, SpecReader& reader);

// parse_aggregate.cpp
std::optional<AggregateSpec> ParseAggregate(Field field, SpecReader& reader);

// parse_groups.cpp: the columns of a group, where `by: []` and no `by` are one group of all rows;
// and `state: {ttl: 1d}`, whose map is `record`.
std::vector<SpecName> ParseGroupColumns(Field field, SpecReader& reader);
std::optional<Located<DurationValue>> ParseStateTtl(Field field, std::string_view record,
                                                    SpecReader& reader);

// parse_top.cpp: `top` and `dedupe`.
std::optional<TopSpec> ParseTop(Field field, SpecReader& reader);
// The `window` of a top or a join.
std::optional<RowWindowSpec> ParseRowWindow(Field field, SpecReader& reader);
std::optional<DedupeSpec> ParseDedupe(Field field, SpecReader& reader);
std::vector<OrderSpec> ParseOrderBy(Field field, SpecReader& reader);

// parse_match.cpp
std::optional<MatchSpec> ParseMatch(Field field, SpecReader& reader);

// parse_over.cpp
std::optional<OverSpec> ParseOver(Field field, SpecReader& reader);

// parse_join.cpp: the join of `stream`, and what it reads.
void ParseJoin(Field field, SourceSpan keyword, StreamSpec* stream, SpecReader& reader);

// parse_columns.cpp: `name: EXPR` and `name: TYPE` in their short and long forms.
std::vector<NamedExpression> ParseNamedExpressions(Field field, bool may_be_list,
                                                   SpecReader& reader);
std::vector<ColumnSpec> ParseColumns(Field field, SpecReader& reader);

}  // namespace flinkc
