#include "compiler/expression/serialize.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "compiler/expression/higher_order.h"
#include "compiler/expression/implicit_cast.h"
#include "runtime/data/type_proto.h"

namespace flinkc {

namespace {

// --- writing ---

template <typename AnyResolution>
void WriteResolution(const AnyResolution& resolution, std::string_view kernel,
                     proto::ResolvedCall& call) {
  call.set_overload(resolution.overload);
  call.set_kernel(std::string(kernel));
  for (const ResolvedArgument& argument : resolution.resolved_from) {
    proto::ResolvedArgument& written = *call.add_arguments();
    *written.mutable_type() = ToProto(argument.type);
    if (argument.literal) *written.mutable_literal() = ToProto(*argument.literal);
  }
}

// Writes `expr` after its arguments, shared ones once; the index of its node.
uint32_t WriteNode(const Expr& expr, std::unordered_map<const Expr*, uint32_t>& written,
                   proto::Expression& message) {
  auto found = written.find(&expr);
  if (found != written.end()) return found->second;
  proto::ExprNode node;
  for (const ExprPtr& argument : expr.arguments()) {
    node.add_arguments(WriteNode(*argument, written, message));
  }
  node.set_kind(static_cast<uint32_t>(expr.kind()));
  *node.mutable_type() = ToProto(expr.type());
  if (expr.kind() == ExprKind::kLiteral) *node.mutable_literal() = ToProto(expr.literal());
  node.set_column(expr.column());
  node.set_name(expr.name());
  for (const std::string& parameter : expr.parameters()) node.add_parameters(parameter);
  if (expr.kind() == ExprKind::kCall) {
    WriteResolution(expr.resolution(), expr.resolution().kernel, *node.mutable_call());
  }
  auto index = static_cast<uint32_t>(message.nodes_size());
  *message.add_nodes() = std::move(node);
  written.emplace(&expr, index);
  return index;
}

// --- reading ---

std::unexpected<Error> Corrupt(std::string message) {
  return MakeError(ErrorCode::kCorrupt, "a stored expression: " + std::move(message));
}

std::unexpected<Error> Changed(std::string_view name) {
  return Corrupt(
      fmt::format("the function `{}` is not what it was when the plan was made; compile "
                  "the spec again",
                  name));
}

Result<std::vector<ResolvedArgument>> ReadResolvedArguments(const proto::ResolvedCall& call) {
  std::vector<ResolvedArgument> arguments;
  for (const proto::ResolvedArgument& message : call.arguments()) {
    ResolvedArgument argument;
    ASSIGN_OR_RETURN(argument.type, FromProto(message.type()));
    if (message.has_literal()) {
      ASSIGN_OR_RETURN(Value literal, FromProto(message.literal()));
      if (!ValueFits(literal, argument.type)) return Corrupt("a literal is not of its type");
      argument.literal = std::move(literal);
    }
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

std::optional<Resolution> Answer(const FunctionOverload& overload,
                                 std::span<const ArgumentInfo> arguments, bool) {
  return overload.resolve(arguments);
}
std::optional<AggregateResolution> Answer(const AggregateOverload& overload,
                                          std::span<const ArgumentInfo> arguments,
                                          bool retracting) {
  return retracting ? ResolveRetracting(overload, arguments) : overload.resolve(arguments);
}

// What the overload that is named answers now.
template <typename Record>
auto ResolveAgain(const Record& record, uint32_t overload, std::vector<ResolvedArgument> arguments,
                  bool retracting = false) -> decltype(record.overloads[0].resolve({})) {
  if (overload >= record.overloads.size()) return std::nullopt;
  std::vector<ArgumentInfo> infos;
  for (const ResolvedArgument& argument : arguments) {
    infos.push_back({argument.type, argument.literal ? &*argument.literal : nullptr});
  }
  auto resolution = Answer(record.overloads[overload], infos, retracting);
  if (!resolution) return std::nullopt;
  resolution->overload = overload;
  resolution->resolved_from = std::move(arguments);
  return resolution;
}

// The arguments must be what the kernel is going to be given: the parameters' types, and NULL only
// where the resolution knows of it.
template <typename AnyResolution>
Status CheckArguments(std::string_view name, const AnyResolution& resolution,
                      const std::vector<ExprPtr>& arguments) {
  if (arguments.size() != resolution.parameters.size() ||
      arguments.size() != resolution.resolved_from.size()) {
    return Corrupt(fmt::format("`{}` has {} arguments, not {}", name, arguments.size(),
                               resolution.parameters.size()));
  }
  for (size_t i = 0; i < arguments.size(); ++i) {
    const DataType& type = arguments[i]->type();
    if (!IsSameRepresentation(type, resolution.parameters[i]) ||
        (type.nullable() && !resolution.resolved_from[i].type.nullable())) {
      return Corrupt(fmt::format("argument {} of `{}` is {}, not {}", i + 1, name, type.ToString(),
                                 resolution.parameters[i].ToString()));
    }
  }
  return {};
}

class Reader {
 public:
  Reader(const Schema& input, const FunctionRegistry& registry)
      : input_(input), registry_(registry) {}

  Result<ExprPtr> Read(const proto::Expression& message) {
    if (message.nodes_size() == 0) return Corrupt("it is empty");
    if (message.nodes_size() > static_cast<int>(Expr::kNodesMax)) return Corrupt("it is too large");
    for (const proto::ExprNode& node : message.nodes()) {
      ASSIGN_OR_RETURN(ExprPtr expr, ReadNode(node));
      if (expr->depth() > Expr::kDepthMax || expr->node_count() > Expr::kNodesMax) {
        return Corrupt("it is too large or too deep");
      }
      nodes_.push_back(std::move(expr));
    }
    if (nodes_.back()->free_parameters() != 0) return Corrupt("a parameter without its lambda");
    return nodes_.back();
  }

 private:
  Result<ExprPtr> ReadNode(const proto::ExprNode& node) {
    if (node.kind() > static_cast<uint32_t>(ExprKind::kHigherOrder)) {
      return Corrupt(fmt::format("there is no expression of kind {}", node.kind()));
    }
    auto kind = static_cast<ExprKind>(node.kind());
    ASSIGN_OR_RETURN(DataType type, FromProto(node.type()));
    std::vector<ExprPtr> arguments;
    for (uint32_t index : node.arguments()) {
      if (index >= nodes_.size()) return Corrupt("an argument stands behind its use");
      arguments.push_back(nodes_[index]);
    }
    switch (kind) {
      case ExprKind::kLiteral: {
        ASSIGN_OR_RETURN(Value value, FromProto(node.literal()));
        if (!ValueFits(value, type) || (value.is_null() && !type.nullable())) {
          return Corrupt("a literal is not of its type");
        }
        return Expr::Literal(std::move(value), std::move(type), SourceSpan());
      }
      case ExprKind::kColumn:
        return ReadColumn(node, std::move(type));
      case ExprKind::kCall:
        return ReadCall(node, type, std::move(arguments));
      case ExprKind::kParameter:
        if (node.column() >= Expr::kLevelsMax) return Corrupt("lambdas are nested too deep");
        return Expr::Parameter(node.column(), node.name(), std::move(type), SourceSpan());
      case ExprKind::kHigherOrder:
        return ReadHigherOrder(node, std::move(type), std::move(arguments));
      default:
        break;
    }
    RETURN_IF_ERROR(CheckSpecial(kind, type, arguments));
    return Expr::Special(kind, std::move(type), std::move(arguments), SourceSpan());
  }

  Result<ExprPtr> ReadColumn(const proto::ExprNode& node, DataType type) {
    if (node.column() >= input_.size()) {
      return Corrupt(fmt::format("column {} of {}", node.column(), input_.size()));
    }
    const DataType& stands_there = input_[node.column()].type;
    if (!IsSameRepresentation(stands_there, type) ||
        (stands_there.nullable() && !type.nullable())) {
      return Corrupt(fmt::format("column `{}` is {}, not {}", input_[node.column()].name,
                                 stands_there.ToString(), type.ToString()));
    }
    return Expr::Column(node.column(), node.name(), std::move(type), SourceSpan());
  }

  Result<ExprPtr> ReadCall(const proto::ExprNode& node, const DataType& type,
                           std::vector<ExprPtr> arguments) {
    const std::string& name = node.name();
    ASSIGN_OR_RETURN(std::vector<ResolvedArgument> from, ReadResolvedArguments(node.call()));
    std::optional<Resolution> resolution;
    if (name == "cast") {
      if (from.size() != 1) return Corrupt("a cast without its argument");
      resolution = registry_.ResolveCast(from[0].type, type);
    } else if (const FunctionRecord* record = registry_.FindFunction(name)) {
      resolution = ResolveAgain(*record, node.call().overload(), std::move(from));
    }
    if (!resolution || resolution->kernel != node.call().kernel() || resolution->result != type) {
      return Changed(name);
    }
    RETURN_IF_ERROR(CheckArguments(name, *resolution, arguments));
    RETURN_IF_ERROR(CheckConstants(name, *resolution, arguments));
    return Expr::Call(name, *std::move(resolution), std::move(arguments), SourceSpan());
  }

  // Whether the parameters of one lambda have the types that its function gives them.
  static bool ParametersFit(const Expr& body, uint32_t level, std::span<const DataType> types) {
    const uint64_t own = ((uint64_t{1} << types.size()) - 1) << level;
    if ((body.free_parameters() & own) == 0) return true;
    if (body.kind() == ExprKind::kParameter) {
      const DataType& type = types[body.level() - level];
      return IsSameRepresentation(type, body.type()) &&
             (!type.nullable() || body.type().nullable());
    }
    // A lambda of the same level has parameters of its own, which are checked where it is read.
    const bool hides = body.kind() == ExprKind::kHigherOrder && body.level() == level;
    for (const ExprPtr& argument : body.arguments()) {
      if (hides && &argument == &body.arguments().back()) continue;
      if (!ParametersFit(*argument, level, types)) return false;
    }
    return true;
  }

  Result<ExprPtr> ReadHigherOrder(const proto::ExprNode& node, DataType type,
                                  std::vector<ExprPtr> arguments) {
    const HigherOrder* function = FindHigherOrder(node.name());
    if (function == nullptr || arguments.size() != function->values + 1 ||
        node.parameters_size() != static_cast<int>(function->parameters) ||
        node.column() > Expr::kLevelsMax - function->parameters) {
      return Corrupt("a lambda where none can stand");
    }
    std::vector<DataType> values;
    for (size_t i = 0; i < function->values; ++i) values.push_back(arguments[i]->type());
    const std::vector<DataType> types = LambdaParameterTypes(function->function, values);
    if (types.size() != function->parameters ||
        !ParametersFit(*arguments.back(), node.column(), types)) {
      return Corrupt(fmt::format("the lambda of `{}` is not for its arguments", node.name()));
    }
    const auto result = HigherOrderResult(function->function, values, arguments.back()->type());
    if (!result || !IsSameRepresentation(*result, type) ||
        (result->nullable() && !type.nullable())) {
      return Corrupt(fmt::format("`{}` is not of its type", node.name()));
    }
    return Expr::HigherOrder(node.name(), std::move(type), node.column(),
                             {node.parameters().begin(), node.parameters().end()},
                             std::move(arguments), SourceSpan());
  }

  Status CheckConstants(std::string_view name, const Resolution& resolution,
                        const std::vector<ExprPtr>& arguments) {
    std::vector<Value> constants;
    for (uint32_t index : resolution.prepared_arguments) {
      if (index >= arguments.size() || arguments[index]->kind() != ExprKind::kLiteral) {
        return Corrupt(fmt::format("an argument of `{}` must be a literal", name));
      }
      constants.push_back(arguments[index]->literal());
    }
    if (resolution.check_constants == nullptr) return {};
    if (auto problem = resolution.check_constants(constants)) return Corrupt(*problem);
    return {};
  }

  static Status CheckSpecial(ExprKind kind, const DataType& type,
                             const std::vector<ExprPtr>& arguments) {
    size_t count = arguments.size();
    bool unary = kind == ExprKind::kNot || kind == ExprKind::kIsNull || kind == ExprKind::kTry;
    bool is_case = kind == ExprKind::kCase;
    if (count == 0 || (unary && count != 1) || (is_case && (count < 3 || count % 2 == 0))) {
      return Corrupt("an operator with the wrong number of operands");
    }
    auto is_boolean = [](const ExprPtr& expr) { return expr->type().kind() == TypeKind::kBoolean; };
    auto is_nullable = [](const ExprPtr& expr) { return expr->type().nullable(); };
    bool fits = true;
    switch (kind) {
      case ExprKind::kAnd:
      case ExprKind::kOr:
      case ExprKind::kNot:
        fits = type.kind() == TypeKind::kBoolean &&
               std::all_of(arguments.begin(), arguments.end(), is_boolean) &&
               (type.nullable() || std::none_of(arguments.begin(), arguments.end(), is_nullable));
        break;
      case ExprKind::kIsNull:
        fits = type.kind() == TypeKind::kBoolean;
        break;
      case ExprKind::kCoalesce:
        for (const ExprPtr& expr : arguments) {
          fits = fits && IsSameRepresentation(expr->type(), type);
        }
        fits = fits &&
               (type.nullable() || !std::all_of(arguments.begin(), arguments.end(), is_nullable));
        break;
      case ExprKind::kTry:
        fits = type.nullable() && IsSameRepresentation(arguments[0]->type(), type);
        break;
      case ExprKind::kCase:
        for (size_t i = 0; i < count; ++i) {
          bool is_when = i % 2 == 0 && i + 1 < count;
          fits = fits && (is_when ? is_boolean(arguments[i])
                                  : IsSameRepresentation(arguments[i]->type(), type) &&
                                        (type.nullable() || !is_nullable(arguments[i])));
        }
        break;
      default:
        fits = false;
    }
    if (!fits) return Corrupt("an operator whose operands are not of its type");
    return {};
  }

  const Schema& input_;
  const FunctionRegistry& registry_;
  std::vector<ExprPtr> nodes_;
};

}  // namespace

proto::Expression ToProto(const Expr& expr) {
  proto::Expression message;
  std::unordered_map<const Expr*, uint32_t> written;
  WriteNode(expr, written, message);
  return message;
}

proto::AggregateCall ToProto(const AggregateCall& call) {
  proto::AggregateCall message;
  message.set_name(call.name);
  WriteResolution(call.resolution, call.resolution.accumulate, *message.mutable_call());
  *message.mutable_result() = ToProto(call.resolution.result);
  for (const ExprPtr& argument : call.arguments) *message.add_arguments() = ToProto(*argument);
  if (call.filter != nullptr) *message.mutable_filter() = ToProto(*call.filter);
  message.set_distinct(call.distinct);
  message.set_retracting(call.resolution.retracting);
  return message;
}

Result<ExprPtr> FromProto(const proto::Expression& message, const Schema& input,
                          const FunctionRegistry& registry) {
  return Reader(input, registry).Read(message);
}

Result<AggregateCall> FromProto(const proto::AggregateCall& message, const Schema& input,
                                const FunctionRegistry& registry) {
  AggregateCall call;
  call.name = message.name();
  call.distinct = message.distinct();
  const AggregateRecord* record = registry.FindAggregate(call.name);
  if (record == nullptr) return Changed(call.name);
  ASSIGN_OR_RETURN(DataType result, FromProto(message.result()));
  ASSIGN_OR_RETURN(std::vector<ResolvedArgument> from, ReadResolvedArguments(message.call()));
  auto resolution =
      ResolveAgain(*record, message.call().overload(), std::move(from), message.retracting());
  if (!resolution || resolution->accumulate != message.call().kernel() ||
      !resolution->result.SameKindAs(result) ||
      (resolution->result.nullable() && !result.nullable())) {
    return Changed(call.name);
  }
  call.resolution = *std::move(resolution);
  call.resolution.result = std::move(result);  // the operator may know more of NULLs
  for (const proto::Expression& argument : message.arguments()) {
    ASSIGN_OR_RETURN(ExprPtr expr, FromProto(argument, input, registry));
    call.arguments.push_back(std::move(expr));
  }
  RETURN_IF_ERROR(CheckArguments(call.name, call.resolution, call.arguments));
  if (message.has_filter()) {
    ASSIGN_OR_RETURN(call.filter, FromProto(message.filter(), input, registry));
    if (call.filter->type().kind() != TypeKind::kBoolean) {
      return Corrupt("a filter that is not BOOLEAN");
    }
  }
  return call;
}

}  // namespace flinkc
