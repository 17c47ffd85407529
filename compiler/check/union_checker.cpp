#include "compiler/check/union_checker.h"

#include <fmt/format.h>

#include "compiler/check/pipe.h"
#include "compiler/expression/implicit_cast.h"
#include "compiler/plan/rewrite.h"

namespace flinkc::check {

namespace {

class UnionChecker {
 public:
  UnionChecker(CheckState& state, const StreamSpec& spec, const std::vector<LogicalInput>& inputs,
               bool tagged)
      : state_(state), spec_(spec), inputs_(inputs), tagged_(tagged), keep_watermark_(!tagged) {
    for (LogicalInput input : inputs) views_.push_back(MakeView(state, input));
  }

  std::optional<LogicalInput> Run() {
    if (!CheckNames() || !FindTypes()) return std::nullopt;
    FindTime();
    std::vector<LogicalInput> aligned;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      std::optional<LogicalInput> input = Align(i);
      if (!input) return std::nullopt;
      aligned.push_back(*input);
    }
    const LogicalOutput first = state_.Output(aligned[0]);
    LogicalOutput output;
    output.schema = first.schema;
    output.time_attribute = first.time_attribute;
    output.watermark_column = first.watermark_column;
    LogicalOperator& added =
        state_.Add(UnionOp{}, spec_.name.value, "union", spec_.name.span, std::move(aligned));
    if (spec_.parallelism) added.parallelism = static_cast<uint32_t>(spec_.parallelism->value);
    added.outputs.push_back(std::move(output));
    return LogicalInput{added.id, 0};
  }

 private:
  const std::string& Text(size_t input) const { return spec_.from[input].text.value; }

  bool CheckNames() {
    bool valid = true;
    const Schema& first = views_[0].visible;
    for (size_t i = 1; i < views_.size(); ++i) {
      for (const Field& field : first) {
        if (!views_[i].visible.IndexOf(field.name)) valid = ReportMissing(field.name, 0, i);
      }
      for (const Field& field : views_[i].visible) {
        if (!first.IndexOf(field.name)) valid = ReportMissing(field.name, i, 0);
      }
    }
    return valid;
  }

  bool ReportMissing(const std::string& column, size_t in, size_t not_in) {
    std::vector<std::string_view> names;
    for (const Field& field : views_[not_in].visible) names.push_back(field.name);
    state_.log
        .Report(
            DiagnosticCode::kUnionMismatch, spec_.from[not_in].text.span,
            fmt::format("`{}` has no column `{}`, which `{}` has", Text(not_in), column, Text(in)))
        .Label(SuggestText(column, names))
        .Also(spec_.from[in].text.span, "a union matches columns by name")
        .Help("`select`, `drop` or `rename` columns first, so that both have the same");
    return false;
  }

  bool FindTypes() {
    bool valid = true;
    for (const Field& field : views_[0].visible) {
      DataType type = field.type;
      for (size_t i = 1; i < views_.size(); ++i) {
        const DataType& other = views_[i].visible[*views_[i].visible.IndexOf(field.name)].type;
        std::optional<DataType> common = CommonType(type, other);
        if (!common) {
          state_.log
              .Report(DiagnosticCode::kUnionMismatch, spec_.from[i].text.span,
                      fmt::format("column `{}` is {} in `{}` and {} in `{}`", field.name,
                                  other.ToString(), Text(i), field.type.ToString(), Text(0)))
              .Also(spec_.from[0].text.span, "a union needs types with a common one")
              .Help("`cast` one of them first");
          valid = false;
          continue;
        }
        type = *common;
      }
      columns_.Add({field.name, type});
    }
    return valid;
  }

  // Event time stays where all inputs have it in one column, and all rows their watermark.
  void FindTime() {
    for (size_t i = 0; i < inputs_.size(); ++i) {
      const LogicalOutput& output = state_.Output(inputs_[i]);
      keep_watermark_ = keep_watermark_ && output.watermark_column.has_value();
      std::string name =
          output.time_attribute ? output.schema[*output.time_attribute].name : std::string();
      if (i == 0) time_ = name;
      if (name != time_) time_.clear();
    }
    if (!keep_watermark_ || time_.empty()) time_.clear();
  }

  // Input `i` with the union's columns; itself if it has them already.
  std::optional<LogicalInput> Align(size_t i) {
    const LogicalOutput input = state_.Output(inputs_[i]);
    const InputView& view = views_[i];
    std::vector<NamedExpr> columns;
    SourceSpan span = spec_.from[i].text.span;
    for (const Field& field : columns_) {
      uint32_t actual = view.actual[*view.visible.IndexOf(field.name)];
      ExprPtr expr = ColumnOf(input.schema, actual, span);
      if (expr->type() != field.type) {
        expr = ImplicitCast(expr, field.type, *state_.context.registry);
        if (expr == nullptr) return ReportNoCast(i, field);
        // What is never NULL here may be NULL in another input: the schemas must be equal.
        if (expr->type() != field.type && field.type.nullable()) {
          expr = Expr::Special(ExprKind::kTry, field.type, {expr}, span);
        }
        if (expr->type() != field.type) return ReportNoCast(i, field);
      }
      columns.push_back({field.name, std::move(expr), {}});
    }
    for (size_t input_number = 0; tagged_ && input_number < inputs_.size(); ++input_number) {
      Value is_this;
      is_this.data = input_number == i;
      columns.push_back(
          {fmt::format("$from.{}", input_number),
           Expr::Literal(std::move(is_this), DataType(TypeKind::kBoolean, false), span),
           {}});
    }
    if (keep_watermark_) {
      columns.push_back(
          {kWatermarkColumn, ColumnOf(input.schema, *input.watermark_column, span), {}});
    }
    LogicalOutput output = ProjectedOutput(input, columns);
    bool loses_time = time_.empty() && output.time_attribute.has_value();
    if (time_.empty()) output.time_attribute.reset();
    if (output.schema == input.schema && !loses_time) return inputs_[i];
    LogicalOperator& project = state_.Add(ProjectOp{std::move(columns)}, spec_.name.value,
                                          fmt::format("union_{}", i + 1), span, {inputs_[i]});
    if (spec_.parallelism) project.parallelism = static_cast<uint32_t>(spec_.parallelism->value);
    project.outputs.push_back(std::move(output));
    return LogicalInput{project.id, 0};
  }

  std::optional<LogicalInput> ReportNoCast(size_t i, const Field& field) {
    state_.log.Report(DiagnosticCode::kUnionMismatch, spec_.from[i].text.span,
                      fmt::format("column `{}` of `{}` cannot be widened to {}", field.name,
                                  Text(i), field.type.ToString()));
    return std::nullopt;
  }

  CheckState& state_;
  const StreamSpec& spec_;
  const std::vector<LogicalInput>& inputs_;
  std::vector<InputView> views_;
  Schema columns_;
  const bool tagged_;
  bool keep_watermark_;
  std::string time_;  // the column of event time, "" if none is left
};

}  // namespace

std::optional<LogicalInput> CheckUnion(CheckState& state, const StreamSpec& spec,
                                       const std::vector<LogicalInput>& inputs) {
  return UnionChecker(state, spec, inputs, /*tagged=*/false).Run();
}

std::optional<LogicalInput> CheckTaggedUnion(CheckState& state, const StreamSpec& spec,
                                             const std::vector<LogicalInput>& inputs) {
  return UnionChecker(state, spec, inputs, /*tagged=*/true).Run();
}

}  // namespace flinkc::check
