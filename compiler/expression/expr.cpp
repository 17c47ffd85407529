#include "compiler/expression/expr.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <set>
#include <utility>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

uint32_t SaturatingAdd(uint32_t a, uint32_t b) {
  uint32_t limit = std::numeric_limits<uint32_t>::max();
  return a > limit - b ? limit : a + b;
}

// As ==, but -0.0 is not 0.0 and a NaN equals itself: they give different results.
bool SameValue(const Value& a, const Value& b) {
  const auto* list = std::get_if<ValueList>(&a.data);
  const auto* other = std::get_if<ValueList>(&b.data);
  if (list != nullptr && other != nullptr) return std::ranges::equal(*list, *other, SameValue);
  const auto* x = std::get_if<double>(&a.data);
  const auto* y = std::get_if<double>(&b.data);
  if (x == nullptr || y == nullptr) return a == b;
  return std::bit_cast<uint64_t>(*x) == std::bit_cast<uint64_t>(*y);
}

void CollectColumns(const Expr& expr, std::set<uint32_t>& columns) {
  if (expr.kind() == ExprKind::kColumn) columns.insert(expr.column());
  for (const ExprPtr& argument : expr.arguments()) CollectColumns(*argument, columns);
}

// `expr` with each column replaced by what `replace` makes of it; unchanged parts are shared.
template <typename Replace>
ExprPtr ReplaceColumns(const ExprPtr& expr, const Replace& replace) {
  if (expr->kind() == ExprKind::kColumn) return replace(*expr);
  std::vector<ExprPtr> arguments;
  arguments.reserve(expr->arguments().size());
  bool changed = false;
  for (const ExprPtr& argument : expr->arguments()) {
    arguments.push_back(ReplaceColumns(argument, replace));
    changed = changed || arguments.back() != argument;
  }
  return changed ? expr->WithArguments(std::move(arguments)) : expr;
}

}  // namespace

std::shared_ptr<Expr> Expr::Make(ExprKind kind, DataType type, SourceSpan span) {
  std::shared_ptr<Expr> expr(new Expr());
  expr->kind_ = kind;
  expr->type_ = std::move(type);
  expr->span_ = span;
  return expr;
}

// Sets the arguments and what follows from them; the kind and the resolution are set before.
void Expr::SetArguments(std::vector<ExprPtr> arguments) {
  arguments_ = std::move(arguments);
  fallible_ = resolution_ != nullptr && resolution_->fallible;
  volatile_ = resolution_ != nullptr && resolution_->volatile_result;
  depth_ = 1;
  node_count_ = 1;
  free_parameters_ = 0;
  if (kind_ == ExprKind::kHigherOrder) {
    // The body is the last argument.
    const uint64_t own = (uint64_t{1} << parameters_.size()) - 1;
    free_parameters_ = arguments_.back()->free_parameters_ & ~(own << column_);
  }
  for (const ExprPtr& argument : arguments_) {
    const bool is_body = kind_ == ExprKind::kHigherOrder && &argument == &arguments_.back();
    if (!is_body) free_parameters_ |= argument->free_parameters_;
    fallible_ = fallible_ || argument->fallible_;
    volatile_ = volatile_ || argument->volatile_;
    depth_ = std::max(depth_, SaturatingAdd(argument->depth_, 1));
    node_count_ = SaturatingAdd(node_count_, argument->node_count_);
  }
  if (kind_ == ExprKind::kTry) fallible_ = false;
}

ExprPtr Expr::Literal(Value value, DataType type, SourceSpan span) {
  std::shared_ptr<Expr> expr = Make(ExprKind::kLiteral, std::move(type), span);
  expr->literal_ = std::move(value);
  return expr;
}

ExprPtr Expr::Column(uint32_t index, std::string name, DataType type, SourceSpan span) {
  std::shared_ptr<Expr> expr = Make(ExprKind::kColumn, std::move(type), span);
  expr->column_ = index;
  expr->name_ = std::move(name);
  return expr;
}

ExprPtr Expr::Call(std::string function, Resolution resolution, std::vector<ExprPtr> arguments,
                   SourceSpan span) {
  DCHECK(resolution.parameters.size() == arguments.size());
  std::shared_ptr<Expr> expr = Make(ExprKind::kCall, resolution.result, span);
  expr->name_ = std::move(function);
  expr->resolution_ = std::make_shared<const Resolution>(std::move(resolution));
  expr->SetArguments(std::move(arguments));
  return expr;
}

ExprPtr Expr::Cast(Resolution resolution, ExprPtr argument, SourceSpan span) {
  return Call("cast", std::move(resolution), {std::move(argument)}, span);
}

ExprPtr Expr::Special(ExprKind kind, DataType type, std::vector<ExprPtr> arguments,
                      SourceSpan span) {
  DCHECK(kind != ExprKind::kLiteral && kind != ExprKind::kColumn && kind != ExprKind::kCall);
  DCHECK(kind < ExprKind::kParameter);
  std::shared_ptr<Expr> expr = Make(kind, std::move(type), span);
  expr->SetArguments(std::move(arguments));
  return expr;
}

ExprPtr Expr::Parameter(uint32_t level, std::string name, DataType type, SourceSpan span) {
  CHECK(level < kLevelsMax);
  std::shared_ptr<Expr> expr = Make(ExprKind::kParameter, std::move(type), span);
  expr->column_ = level;
  expr->name_ = std::move(name);
  expr->free_parameters_ = uint64_t{1} << level;
  return expr;
}

ExprPtr Expr::HigherOrder(std::string function, DataType type, uint32_t level,
                          std::vector<std::string> parameters, std::vector<ExprPtr> arguments,
                          SourceSpan span) {
  CHECK(level + parameters.size() <= kLevelsMax);
  std::shared_ptr<Expr> expr = Make(ExprKind::kHigherOrder, std::move(type), span);
  expr->name_ = std::move(function);
  expr->column_ = level;
  expr->parameters_ = std::move(parameters);
  expr->SetArguments(std::move(arguments));
  return expr;
}

ExprPtr Expr::WithArguments(std::vector<ExprPtr> arguments) const {
  CHECK(arguments.size() == arguments_.size());
  std::shared_ptr<Expr> expr(new Expr(*this));
  expr->SetArguments(std::move(arguments));
  return expr;
}

std::vector<uint32_t> Expr::Columns() const {
  std::set<uint32_t> columns;
  CollectColumns(*this, columns);
  return {columns.begin(), columns.end()};
}

bool Expr::Equals(const Expr& other) const {
  if (this == &other) return true;
  if (kind_ != other.kind_ || type_ != other.type_ || name_ != other.name_ ||
      column_ != other.column_ || node_count_ != other.node_count_ ||
      arguments_.size() != other.arguments_.size() || !SameValue(literal_, other.literal_)) {
    return false;
  }
  if (resolution_ != nullptr && (resolution_->kernel != other.resolution_->kernel ||
                                 resolution_->immediates != other.resolution_->immediates)) {
    return false;
  }
  for (size_t i = 0; i < arguments_.size(); ++i) {
    if (!arguments_[i]->Equals(*other.arguments_[i])) return false;
  }
  return true;
}

ExprPtr RemapColumns(const ExprPtr& expr, const std::vector<uint32_t>& mapping) {
  return ReplaceColumns(expr, [&mapping](const Expr& column) {
    CHECK(column.column() < mapping.size());
    return Expr::Column(mapping[column.column()], column.name(), column.type(), column.span());
  });
}

ExprPtr SubstituteColumns(const ExprPtr& expr, const std::vector<ExprPtr>& columns) {
  return ReplaceColumns(expr, [&columns](const Expr& column) {
    CHECK(column.column() < columns.size());
    return columns[column.column()];
  });
}

std::vector<uint32_t> AggregateCall::Columns() const {
  std::set<uint32_t> columns;
  for (const ExprPtr& argument : arguments) {
    for (const uint32_t column : argument->Columns()) columns.insert(column);
  }
  if (filter != nullptr) {
    for (const uint32_t column : filter->Columns()) columns.insert(column);
  }
  return {columns.begin(), columns.end()};
}

}  // namespace flinkc
