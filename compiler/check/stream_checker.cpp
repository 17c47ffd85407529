#include "compiler/check/stream_checker.h"

#include <fmt/format.h>

#include "compiler/check/declarations.h"
#include "compiler/check/join_checker.h"
#include "compiler/check/operator_checker.h"
#include "compiler/check/pipe.h"
#include "compiler/check/set_checker.h"
#include "compiler/check/stream_graph.h"
#include "compiler/check/union_checker.h"

namespace flinkc::check {

namespace {

std::optional<LogicalInput> CheckInput(CheckState& state, const StreamSpec& spec) {
  std::vector<LogicalInput> inputs;
  bool valid = true;
  for (const StreamReference& reference : spec.from) {
    std::optional<LogicalInput> input = ResolveReference(state, reference);
    valid = valid && input.has_value();
    if (input) inputs.push_back(*input);
  }
  if (!valid || inputs.empty()) return std::nullopt;
  if (inputs.size() == 1) return inputs[0];
  return spec.set ? CheckSet(state, spec, inputs) : CheckUnion(state, spec, inputs);
}

bool CheckIds(CheckState& state, const StreamSpec& spec) {
  std::map<std::string, SourceSpan> ids;
  if (spec.set) ids.emplace(kSetRole, spec.set->span);
  bool valid = true;
  if (spec.join) ids.emplace("join", spec.join->keyword.span);
  for (const OperatorSpec& op : spec.operators) {
    // Only these keep state; an id names any step.
    bool has_state =
        std::holds_alternative<AggregateSpec>(op.op) || std::holds_alternative<TopSpec>(op.op) ||
        std::holds_alternative<DedupeSpec>(op.op) || std::holds_alternative<DistinctSpec>(op.op) ||
        std::holds_alternative<OverSpec>(op.op) || std::holds_alternative<MatchSpec>(op.op);
    if (!has_state && !op.id) continue;
    const std::string& id = op.id ? op.id->value : op.keyword.value;
    SourceSpan span = op.id ? op.id->span : op.keyword.span;
    auto [first, is_new] = ids.emplace(id, span);
    if (is_new) continue;
    state.log
        .Report(DiagnosticCode::kStateIdTaken, span,
                fmt::format("two operators of stream `{}` would keep their state as `{}/{}`",
                            spec.name.value, spec.name.value, id))
        .Also(first->second, "the other one")
        .Help("give one of them an `id`, which also keeps its state across a rename");
    valid = false;
  }
  return valid;
}

std::string FieldText(const Field& field) { return field.name + " " + field.type.ToString(); }

// `schema:` says what the columns must be; differences are told one by one.
bool CheckAssertion(Pipe& pipe) {
  const std::optional<SchemaSpec>& spec = pipe.spec().schema;
  if (!spec) return true;
  std::optional<Schema> declared = CheckSchema(pipe.state(), *spec);
  if (!declared) return false;
  if (pipe.has_ended()) {
    pipe.state().log.Report(DiagnosticCode::kSchemaAssertion, spec->span,
                            "a stream that ends in a route has no main output with a schema");
    return false;
  }
  const Schema& actual = pipe.view().visible;
  if (*declared == actual) return true;
  Diagnostic& diagnostic = pipe.state().log.Report(
      DiagnosticCode::kSchemaAssertion, spec->span,
      fmt::format("the columns of stream `{}` are not as declared", pipe.spec().name.value));
  for (const Field& field : *declared) {
    std::optional<size_t> found = actual.IndexOf(field.name);
    if (!found) {
      diagnostic.Help(fmt::format("declared, but not there: {}", FieldText(field)));
    } else if (actual[*found].type != field.type) {
      diagnostic.Help(fmt::format("`{}` is {}, declared as {}", field.name,
                                  actual[*found].type.ToString(), field.type.ToString()));
    }
  }
  for (const Field& field : actual) {
    if (!declared->IndexOf(field.name)) {
      diagnostic.Help(fmt::format("there, but not declared: {}", FieldText(field)));
    }
  }
  if (diagnostic.help.empty()) {
    diagnostic.Help(fmt::format("the order differs: the columns are {}", actual.ToString()));
  }
  return false;
}

bool CheckPipe(Pipe& pipe) {
  const std::vector<OperatorSpec>& operators = pipe.spec().operators;
  for (size_t i = 0; i < operators.size(); ++i) {
    if (!CheckOperator(pipe, operators[i])) return false;
    if (pipe.has_ended() && i + 1 < operators.size()) {
      pipe.state()
          .log
          .Report(DiagnosticCode::kRouteNotLast, operators[i + 1].keyword.span,
                  "nothing can stand behind a `route` in one pipe: its rows left by the branches")
          .Also(operators[i].keyword.span, "they leave here")
          .Help("make it a stream of its own, `from` a branch");
      return false;
    }
  }
  return CheckAssertion(pipe);
}

// The columns that both inputs of a join have must be given names of their own.
bool CheckNames(Pipe& pipe) {
  if (pipe.has_ended() || !pipe.has_qualified_names()) return true;
  std::vector<std::string> ambiguous;
  for (const Field& field : pipe.view().visible) {
    if (field.name.find('.') != std::string::npos) ambiguous.push_back(field.name);
  }
  if (ambiguous.empty()) return true;
  pipe.state()
      .log
      .Report(DiagnosticCode::kColumnTaken, pipe.spec().join->keyword.span,
              fmt::format("both inputs of the join have columns of one name: {}",
                          QuotedList(ambiguous)))
      .Help(fmt::format("choose columns behind the join: `pipe: [{{select: {{…, id: {}}}}}]`",
                        ambiguous[0]));
  return false;
}

}  // namespace

void CheckStream(CheckState& state, const StreamSpec& spec) {
  CheckedStream& stream = state.streams[spec.name.value];
  stream.errors_policy = state.PolicyOf(spec.on_error);
  bool valid = CheckIds(state, spec) && !spec.is_invalid && !stream.is_invalid;
  Pipe pipe(state, spec);
  if (spec.join) {
    stream.is_invalid =
        !valid || !CheckJoin(pipe, *spec.join) || !CheckPipe(pipe) || !CheckNames(pipe);
    if (!pipe.has_ended()) stream.outputs.emplace(stream.outputs.begin(), "", pipe.view().input);
    return;
  }
  std::optional<LogicalInput> input = CheckInput(state, spec);
  if (!input) {
    stream.is_invalid = true;
    return;
  }
  bool is_union = spec.from.size() > 1;
  std::string input_name =
      is_union ? fmt::format("the {} of stream `{}`", spec.set ? "set" : "union", spec.name.value)
               : fmt::format("{} `{}`",
                             state.streams.at(spec.from[0].stream).is_source ? "source" : "stream",
                             spec.from[0].text.value);
  pipe.Start(*input, std::move(input_name),
             is_union ? spec.name.span : state.streams.at(spec.from[0].stream).span);
  stream.is_invalid = !CheckPipe(pipe) || !valid;
  if (!pipe.has_ended()) stream.outputs.emplace(stream.outputs.begin(), "", pipe.view().input);
}

}  // namespace flinkc::check
