// One operator of a pipe -> its LogicalOperator.
#pragma once

#include "compiler/check/pipe.h"

namespace flinkc::check {

// False with errors reported: what follows in the pipe cannot be checked.
bool CheckOperator(Pipe& pipe, const OperatorSpec& op);

// The same for an aggregate (aggregate_checker.cpp).
bool CheckAggregate(Pipe& pipe, const OperatorSpec& op, const AggregateSpec& spec);

// An expression over the visible columns, or the column that was named. nullptr with an error
// reported.
ExprPtr CheckNamed(Pipe& pipe, const NamedExpression& named);

// The index of a visible column; nullopt with an error that suggests one.
std::optional<uint32_t> FindColumn(Pipe& pipe, const SpecName& name);

// Columns of the operator's input, as the plan has them; false with errors reported.
bool TakeColumns(Pipe& pipe, const std::vector<SpecName>& names, std::vector<uint32_t>* columns);
// A column of an order; nullopt with an error reported.
std::optional<OrderColumn> CheckOrder(Pipe& pipe, const OrderSpec& order);

// Whether no two columns have one name; else reported.
class ColumnNames {
 public:
  explicit ColumnNames(CheckState& state) : state_(state) {}
  // False, reported, if the name is taken or reserved. `taken_by` says by what, where it has no
  // place of its own in the spec.
  bool Take(const std::string& name, SourceSpan span);
  void Have(const std::string& name, std::string what) { names_[name] = {{}, std::move(what)}; }

 private:
  struct Owner {
    SourceSpan span;
    std::string what;
  };
  CheckState& state_;
  std::map<std::string, Owner> names_;
};

}  // namespace flinkc::check
