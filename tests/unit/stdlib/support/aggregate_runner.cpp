#include "tests/unit/stdlib/support/aggregate_runner.h"

#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "compiler/expression/expression_checker.h"
#include "compiler/expression/implicit_cast.h"
#include "runtime/abi/row_error.h"
#include "runtime/base/check.h"
#include "stdlib-operators/kernels/distinct.h"

namespace flinkc {
namespace {

std::vector<std::string_view> SplitRows(std::string_view rows) {
  std::vector<std::string_view> parts;
  int depth = 0;
  bool quoted = false;
  size_t begin = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] == '\'') quoted = !quoted;
    if (quoted) continue;
    if (rows[i] == '(') ++depth;
    if (rows[i] == ')') --depth;
    if (rows[i] == ',' && depth == 0) {
      parts.push_back(rows.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  if (!rows.empty()) parts.push_back(rows.substr(begin));
  return parts;
}

// A kernel's argument: the value as it is passed, and the memory behind it.
struct PassedValue {
  bool valid = false;
  ValueSlot slot = 0;
  std::unique_ptr<ValueBytes> bytes;
};

PassedValue Pass(EvaluatedValue value, const DataType& type) {
  PassedValue passed;
  passed.valid = value.status == static_cast<int32_t>(RowStatus::kOk);
  passed.bytes = std::make_unique<ValueBytes>(value.bytes);
  char* bytes = passed.bytes->bytes;
  if (type.kind() == TypeKind::kDecimal && type.precision() <= 18) {
    int64_t narrow;
    std::memcpy(&narrow, bytes, sizeof(narrow));
    const Int128 wide = narrow;
    std::memcpy(bytes, &wide, sizeof(wide));
  }
  if (type.is_view() || type.kind() == TypeKind::kDecimal) {
    passed.slot = reinterpret_cast<ValueSlot>(bytes);
    return passed;
  }
  int64_t integer = 0;
  switch (ByteWidth(type.physical())) {
    case 1:
      integer = *reinterpret_cast<int8_t*>(bytes);
      break;
    case 2:
      integer = *reinterpret_cast<int16_t*>(bytes);
      break;
    case 4:
      integer = *reinterpret_cast<int32_t*>(bytes);
      break;
    default:
      std::memcpy(&integer, bytes, sizeof(integer));
  }
  passed.slot = static_cast<ValueSlot>(integer);
  if (type.kind() == TypeKind::kFloat) passed.slot &= 0xFFFFFFFFu;
  return passed;
}

// One aggregate with its kernels.
class Accumulation {
 public:
  Accumulation(const StandardLibrary& library, const AggregateCall& call, KernelContext* context)
      : library_(library), call_(call), context_(context) {}

  struct State {
    alignas(16) char bytes[64] = {};
    StateBlob distinct{};
  };

  int32_t Add(State* state, const std::vector<PassedValue>& arguments) {
    const AggregateResolution& resolution = call_.resolution;
    for (const PassedValue& argument : arguments) {
      if (!argument.valid && !resolution.sees_null) return 0;
    }
    if (call_.distinct) {
      const DataType& type = resolution.parameters[0];
      const auto* view = reinterpret_cast<const StringValue*>(arguments[0].bytes->bytes);
      const char* bytes = type.is_view() ? view->data() : arguments[0].bytes->bytes;
      const int64_t size = type.is_view()                      ? view->size
                           : type.kind() == TypeKind::kDecimal ? 16
                                                               : ByteWidth(type.physical());
      if (flinkc_distinct_insert(&heap_, &state->distinct, bytes, size) != 1) return 0;
    }
    std::vector<ValueSlot> slots = {Slot(context_), Slot(&heap_), Slot(state->bytes)};
    for (const PassedValue& argument : arguments) {
      slots.push_back(argument.slot);
      if (resolution.sees_null) slots.push_back(argument.valid ? 1 : 0);
    }
    return Call(resolution.accumulate, std::move(slots));
  }

  int32_t Merge(State* into, const State* from) {
    return Call(call_.resolution.merge,
                {Slot(context_), Slot(&heap_), Slot(into->bytes), Slot(from->bytes)});
  }

  EvaluatedValue Result(const State* state) {
    EvaluatedValue value;
    std::vector<ValueSlot> slots = {Slot(context_), Slot(state->bytes)};
    for (int64_t immediate : call_.resolution.immediates) {
      slots.push_back(static_cast<ValueSlot>(immediate));
    }
    slots.push_back(Slot(value.bytes.bytes));
    value.status = CallSymbol(call_.resolution.result_kernel, slots);
    return value;  // a DECIMAL that lies in 64 bits is the low half of the 128
  }

 private:
  static ValueSlot Slot(const void* pointer) { return reinterpret_cast<ValueSlot>(pointer); }

  int32_t Call(std::string_view kernel, std::vector<ValueSlot> slots) {
    for (int64_t immediate : call_.resolution.immediates) {
      slots.push_back(static_cast<ValueSlot>(immediate));
    }
    return CallSymbol(kernel, slots);
  }

  int32_t CallSymbol(std::string_view kernel, const std::vector<ValueSlot>& slots) {
    const Symbol* symbol = library_.symbols().Find(kernel);
    CHECK(symbol != nullptr);
    ValueSlot result = 0;
    symbol->native.thunk(slots.data(), &result);
    return static_cast<int32_t>(result);
  }

  const StandardLibrary& library_;
  const AggregateCall& call_;
  KernelContext* context_;
  StateHeap heap_{nullptr};
};

}  // namespace

std::string AggregateRunner::Run(std::string_view example, size_t parts) const {
  const size_t over = example.find(" over (");
  if (over == std::string_view::npos) return "check: no rows";
  const std::string_view text = example.substr(0, over);
  const std::string_view rows_text = example.substr(over + 7, example.size() - over - 8);
  std::string error;
  std::vector<ExprPtr> rows;
  std::optional<DataType> type;
  for (std::string_view row : SplitRows(rows_text)) {
    if (row == "NULL" || row == " NULL") {
      rows.push_back(nullptr);
      continue;
    }
    rows.push_back(runner_.Check(row, &error));
    if (rows.back() == nullptr) return "check: " + error;
    type = type ? CommonType(*type, rows.back()->type()) : rows.back()->type();
    if (!type) return "check: rows of different types";
  }
  if (!type) type = DataType(TypeKind::kInt);
  for (ExprPtr& row : rows) {
    row = row == nullptr ? Expr::Literal({}, type->Nullable(), {})
                         : ImplicitCast(row, type->Nullable(), library_.registry());
  }

  const SourceBuffer buffer("example", std::string(text));
  SourceText source;
  source.value = text;
  source.span = {&buffer, 0, static_cast<uint32_t>(text.size())};
  Schema columns;
  columns.Add({"x", type->Nullable()});
  ExpressionScope scope;
  scope.registry = &library_.registry();
  scope.columns = &columns;
  scope.input_name = "the example";
  AggregateScope aggregate;
  aggregate.input = &scope;
  aggregate.is_over = true;
  if (type->is_timestamp()) aggregate.order = Expr::Column(0, "x", columns[0].type, {});
  std::vector<AggregateCall> calls;
  DiagnosticLog log;
  if (CheckAggregateExpression(source, aggregate, calls, log) == nullptr || calls.size() != 1) {
    return "check: " + (log.diagnostics().empty() ? "" : log.diagnostics()[0].message);
  }

  RunContext context;
  Accumulation accumulation(library_, calls[0], &context.chain.kernel);
  std::vector<Accumulation::State> states(parts);
  std::vector<std::vector<PassedValue>> kept;  // the texts behind the arguments
  for (size_t i = 0; i < rows.size(); ++i) {
    std::vector<PassedValue> arguments;
    for (size_t a = 0; a < calls[0].arguments.size(); ++a) {
      const ExprPtr argument = SubstituteColumns(calls[0].arguments[a], {rows[i]});
      arguments.push_back(
          Pass(runner_.Evaluate(*argument, &context), calls[0].resolution.parameters[a]));
    }
    const int32_t status = accumulation.Add(&states[i * parts / rows.size()], arguments);
    if (status != 0) return DescribeValue({status, {}}, calls[0].resolution.result);
    kept.push_back(std::move(arguments));
  }
  for (size_t i = 1; i < parts; ++i) {
    const int32_t status = accumulation.Merge(&states[0], &states[i]);
    if (status != 0) return DescribeValue({status, {}}, calls[0].resolution.result);
  }
  return DescribeValue(accumulation.Result(&states[0]), calls[0].resolution.result);
}

}  // namespace flinkc
