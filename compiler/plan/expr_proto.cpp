#include "compiler/plan/expr_proto.h"

#include <fmt/format.h>

#include "runtime/data/type_proto.h"

namespace flinkc {

namespace {

// Above what the checker lets through; keeps a damaged plan from exhausting the stack.
constexpr int kExprDepthMax = 1100;

std::unexpected<Error> Corrupt(std::string what) {
  return MakeError(ErrorCode::kCorrupt, "the plan is damaged: " + std::move(what));
}

std::unexpected<Error> OtherBuild(const std::string& name) {
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("the plan calls `{}` as another build of flinkc has it; compile the "
                               "spec again",
                               name));
}

template <typename Messages>
void WriteResolvedFrom(const std::vector<ResolvedArgument>& arguments, Messages* messages) {
  for (const ResolvedArgument& argument : arguments) {
    auto* message = messages->Add();
    *message->mutable_type() = ToProto(argument.type);
    if (argument.literal.has_value()) *message->mutable_literal() = ToProto(*argument.literal);
  }
}

template <typename Messages>
Result<std::vector<ResolvedArgument>> ReadResolvedFrom(const Messages& messages) {
  std::vector<ResolvedArgument> arguments;
  for (const auto& message : messages) {
    ResolvedArgument argument;
    ASSIGN_OR_RETURN(argument.type, FromProto(message.type()));
    if (message.has_literal()) {
      ASSIGN_OR_RETURN(Value literal, FromProto(message.literal()));
      argument.literal = std::move(literal);
    }
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

std::vector<ArgumentInfo> InfosOf(const std::vector<ResolvedArgument>& arguments) {
  std::vector<ArgumentInfo> infos;
  for (const ResolvedArgument& argument : arguments) {
    infos.push_back({argument.type, argument.literal ? &*argument.literal : nullptr});
  }
  return infos;
}

class ExprReader {
 public:
  ExprReader(const FunctionRegistry& registry, size_t columns)
      : registry_(registry), columns_(columns) {}

  Result<ExprPtr> Read(const proto::Expr& message, int depth = 0) {
    if (depth > kExprDepthMax) return Corrupt("an expression is nested too deep");
    if (message.kind() > static_cast<uint32_t>(ExprKind::kTry)) {
      return Corrupt(fmt::format("there is no expression kind {}", message.kind()));
    }
    ASSIGN_OR_RETURN(const DataType type, FromProto(message.type()));
    std::vector<ExprPtr> arguments;
    for (const proto::Expr& argument : message.arguments()) {
      ASSIGN_OR_RETURN(ExprPtr read, Read(argument, depth + 1));
      arguments.push_back(std::move(read));
    }
    const auto kind = static_cast<ExprKind>(message.kind());
    switch (kind) {
      case ExprKind::kLiteral: {
        ASSIGN_OR_RETURN(Value value, FromProto(message.literal()));
        if (!ValueFits(value, type)) return Corrupt("a literal that is not of its type");
        return Expr::Literal(std::move(value), type, SourceSpan());
      }
      case ExprKind::kColumn:
        if (message.column() >= columns_) {
          return Corrupt(fmt::format("column {} of {}", message.column(), columns_));
        }
        return Expr::Column(message.column(), message.name(), type, SourceSpan());
      case ExprKind::kCall:
        return ReadCall(message, type, std::move(arguments));
      default:
        break;
    }
    const size_t count = arguments.size();
    const bool one = kind == ExprKind::kNot || kind == ExprKind::kIsNull || kind == ExprKind::kTry;
    if (one ? count != 1 : count == 0 || (kind == ExprKind::kCase && count % 2 == 0)) {
      return Corrupt(
          fmt::format("an expression of kind {} with {} arguments", message.kind(), count));
    }
    return Expr::Special(kind, type, std::move(arguments), SourceSpan());
  }

 private:
  Result<ExprPtr> ReadCall(const proto::Expr& message, const DataType& type,
                           std::vector<ExprPtr> arguments) {
    std::optional<Resolution> resolution;
    if (message.name() == "cast") {
      if (arguments.size() != 1) return Corrupt("a cast of several values");
      resolution = registry_.ResolveCast(arguments[0]->type(), type);
    } else {
      ASSIGN_OR_RETURN(std::vector<ResolvedArgument> from,
                       ReadResolvedFrom(message.resolved_from()));
      const FunctionRecord* record = registry_.FindFunction(message.name());
      if (record == nullptr || message.overload() >= record->overloads.size()) {
        return OtherBuild(message.name());
      }
      const auto& overload = record->overloads[message.overload()];
      if (overload.resolve != nullptr) resolution = overload.resolve(InfosOf(from));
      if (resolution.has_value()) {
        resolution->overload = message.overload();
        resolution->resolved_from = std::move(from);
      }
    }
    if (!resolution.has_value() || resolution->kernel != message.kernel() ||
        !resolution->result.SameKindAs(type)) {
      return OtherBuild(message.name());
    }
    if (message.name() == "cast") {
      return Expr::Cast(*std::move(resolution), std::move(arguments[0]), SourceSpan());
    }
    if (resolution->parameters.size() != arguments.size()) return OtherBuild(message.name());
    for (size_t i = 0; i < arguments.size(); ++i) {
      if (arguments[i]->type().physical() != resolution->parameters[i].physical()) {
        return OtherBuild(message.name());
      }
    }
    for (uint32_t prepared : resolution->prepared_arguments) {
      if (prepared >= arguments.size() || arguments[prepared]->kind() != ExprKind::kLiteral) {
        return Corrupt(fmt::format("argument {} of `{}` is no literal", prepared, message.name()));
      }
    }
    return Expr::Call(message.name(), *std::move(resolution), std::move(arguments), SourceSpan());
  }

  const FunctionRegistry& registry_;
  size_t columns_;
};

}  // namespace

proto::Expr ToProto(const Expr& expr) {
  proto::Expr message;
  message.set_kind(static_cast<uint32_t>(expr.kind()));
  *message.mutable_type() = ToProto(expr.type());
  for (const ExprPtr& argument : expr.arguments()) *message.add_arguments() = ToProto(*argument);
  switch (expr.kind()) {
    case ExprKind::kLiteral:
      *message.mutable_literal() = ToProto(expr.literal());
      break;
    case ExprKind::kColumn:
      message.set_column(expr.column());
      message.set_name(expr.name());
      break;
    case ExprKind::kCall:
      message.set_name(expr.name());
      message.set_overload(expr.resolution().overload);
      WriteResolvedFrom(expr.resolution().resolved_from, message.mutable_resolved_from());
      message.set_kernel(std::string(expr.resolution().kernel));
      break;
    default:
      break;
  }
  return message;
}

proto::AggregateCall ToProto(const AggregateCall& call) {
  proto::AggregateCall message;
  message.set_name(call.name);
  message.set_overload(call.resolution.overload);
  WriteResolvedFrom(call.resolution.resolved_from, message.mutable_resolved_from());
  message.set_accumulate(std::string(call.resolution.accumulate));
  for (const ExprPtr& argument : call.arguments) *message.add_arguments() = ToProto(*argument);
  if (call.filter != nullptr) *message.mutable_filter() = ToProto(*call.filter);
  message.set_distinct(call.distinct);
  *message.mutable_result() = ToProto(call.resolution.result);
  return message;
}

Result<ExprPtr> ExprFromProto(const proto::Expr& message, const FunctionRegistry& registry,
                              size_t columns) {
  return ExprReader(registry, columns).Read(message);
}

Result<AggregateCall> AggregateCallFromProto(const proto::AggregateCall& message,
                                             const FunctionRegistry& registry, size_t columns) {
  AggregateCall call;
  call.name = message.name();
  call.distinct = message.distinct();
  ASSIGN_OR_RETURN(std::vector<ResolvedArgument> from, ReadResolvedFrom(message.resolved_from()));
  const AggregateRecord* record = registry.FindAggregate(message.name());
  if (record == nullptr || message.overload() >= record->overloads.size()) {
    return OtherBuild(message.name());
  }
  auto resolution = record->overloads[message.overload()].resolve(InfosOf(from));
  ASSIGN_OR_RETURN(const DataType result, FromProto(message.result()));
  if (!resolution.has_value() || resolution->accumulate != message.accumulate() ||
      !resolution->result.SameKindAs(result) ||
      resolution->parameters.size() != static_cast<size_t>(message.arguments_size())) {
    return OtherBuild(message.name());
  }
  call.resolution = *std::move(resolution);
  call.resolution.result = result;
  call.resolution.overload = message.overload();
  call.resolution.resolved_from = std::move(from);
  for (const proto::Expr& argument : message.arguments()) {
    ASSIGN_OR_RETURN(ExprPtr read, ExprFromProto(argument, registry, columns));
    call.arguments.push_back(std::move(read));
  }
  if (call.distinct && call.arguments.empty()) return Corrupt("DISTINCT of nothing");
  if (message.has_filter()) {
    ASSIGN_OR_RETURN(call.filter, ExprFromProto(message.filter(), registry, columns));
    if (call.filter->type().kind() != TypeKind::kBoolean) return Corrupt("a FILTER is no BOOLEAN");
  }
  return call;
}

}  // namespace flinkc
