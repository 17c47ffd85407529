// Every overload, asked with every combination of types: what it resolves to is a symbol that
// exists, and whose parameters are exactly what the calling convention says.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "compiler/expression/function_registry.h"
#include "stdlib-operators/aggregates/registry.h"
#include "stdlib-operators/functions/native/symbols.h"
#include "stdlib-operators/functions/registry.h"
#include "stdlib-operators/kernels/symbols.h"

namespace flinkc {
namespace {

ValueType PassedAs(const DataType& type) {
  if (type.kind() == TypeKind::kBoolean) return ValueType::kI1;
  if (type.kind() == TypeKind::kDecimal) return ValueType::kPtr;
  switch (type.physical()) {
    case PhysicalType::kI8:
      return ValueType::kI8;
    case PhysicalType::kI16:
      return ValueType::kI16;
    case PhysicalType::kI32:
      return ValueType::kI32;
    case PhysicalType::kI64:
      return ValueType::kI64;
    case PhysicalType::kF32:
      return ValueType::kF32;
    case PhysicalType::kF64:
      return ValueType::kF64;
    case PhysicalType::kI128:
    case PhysicalType::kView:
      return ValueType::kPtr;
  }
  return ValueType::kVoid;
}

std::vector<DataType> SampleTypes() {
  const std::vector<DataType> scalars = {DataType(TypeKind::kNull),
                                         DataType(TypeKind::kBoolean),
                                         DataType(TypeKind::kTinyint),
                                         DataType(TypeKind::kSmallint),
                                         DataType(TypeKind::kInt),
                                         DataType(TypeKind::kBigint),
                                         DataType(TypeKind::kFloat),
                                         DataType(TypeKind::kDouble),
                                         DataType::Decimal(12, 2),
                                         DataType::Decimal(38, 10),
                                         DataType::String(),
                                         DataType(TypeKind::kBytes),
                                         DataType(TypeKind::kDate),
                                         DataType::Timestamp(3),
                                         DataType::TimestampLtz(3),
                                         DataType(TypeKind::kIntervalMonths),
                                         DataType(TypeKind::kIntervalMicros)};
  std::vector<DataType> types = scalars;
  for (const DataType& type : scalars) {
    if (type.kind() != TypeKind::kNull) types.push_back(DataType::Array(type));
  }
  const DataType row = DataType::Row({"a", "b"}, {DataType(TypeKind::kInt), DataType::String()});
  types.push_back(row);
  types.push_back(DataType::Array(row));
  types.push_back(DataType::Map(DataType::String(), DataType(TypeKind::kInt)));
  return types;
}

// Literals that some overloads ask for, besides no literal at all.
const std::vector<Value>& SampleLiterals() {
  static const std::vector<Value> literals = {Value{std::string("DAY")}, Value{std::string("1")},
                                              Value{int64_t{1}}};
  return literals;
}

class SignatureTest : public ::testing::Test {
 protected:
  void SetUp() override {
    RegisterStdFunctions(registry_);
    RegisterStdAggregates(registry_);
    for (auto* symbols : {&KernelSymbols, &KernelNativeSymbols, &NativeFunctionSymbols}) {
      for (NativeSymbol& symbol : symbols()) {
        const std::string name(symbol.name);
        ASSERT_TRUE(symbols_.emplace(name, std::move(symbol)).second) << name << " listed twice";
      }
    }
  }

  void CheckSymbol(std::string_view name, const std::vector<ValueType>& parameters,
                   ValueType result, const std::string& where) {
    const auto found = symbols_.find(std::string(name));
    ASSERT_NE(found, symbols_.end()) << where << ": no symbol " << name;
    EXPECT_EQ(found->second.parameters, parameters) << where << ": " << name;
    EXPECT_EQ(found->second.result, result) << where << ": " << name;
  }

  void CheckResolution(const Resolution& resolution, size_t arguments, const std::string& where) {
    ASSERT_EQ(resolution.parameters.size(), arguments) << where;
    std::vector<ValueType> parameters;
    if (resolution.takes_context) parameters.push_back(ValueType::kPtr);
    if (resolution.prepare != nullptr) parameters.push_back(ValueType::kPtr);
    if (resolution.packs_arguments) {
      parameters.push_back(ValueType::kPtr);
      parameters.push_back(ValueType::kI64);
    }
    bool nullable = resolution.may_be_null;
    for (uint32_t i = 0; i < arguments; ++i) {
      nullable |= resolution.parameters[i].nullable();
      bool prepared = false;
      for (uint32_t index : resolution.prepared_arguments) prepared |= index == i;
      if (prepared) continue;
      EXPECT_NE(resolution.parameters[i].kind(), TypeKind::kNull) << where;
      if (resolution.packs_arguments) continue;
      parameters.push_back(PassedAs(resolution.parameters[i]));
      if (resolution.null_rule == NullRule::kSeesNull) parameters.push_back(ValueType::kI1);
    }
    for (size_t i = 0; i < resolution.immediates.size(); ++i) parameters.push_back(ValueType::kI64);
    if (resolution.null_rule == NullRule::kStrict) {
      EXPECT_EQ(resolution.result.nullable(), nullable) << where;
    }
    EXPECT_NE(resolution.result.kind(), TypeKind::kNull) << where;
    if (resolution.convention == KernelConvention::kValue) {
      EXPECT_FALSE(resolution.fallible || resolution.may_be_null) << where;
      EXPECT_NE(PassedAs(resolution.result), ValueType::kPtr) << where;
      CheckSymbol(resolution.kernel, parameters, PassedAs(resolution.result), where);
    } else {
      parameters.push_back(ValueType::kPtr);
      CheckSymbol(resolution.kernel, parameters, ValueType::kI32, where);
    }
  }

  void CheckAggregate(const AggregateResolution& resolution, const std::string& where) {
    constexpr ValueType kPtr = ValueType::kPtr;
    std::vector<ValueType> step = {kPtr, kPtr, kPtr};
    for (const DataType& parameter : resolution.parameters) {
      step.push_back(PassedAs(parameter));
      if (resolution.sees_null) step.push_back(ValueType::kI1);
    }
    std::vector<ValueType> merge = {kPtr, kPtr, kPtr, kPtr};
    std::vector<ValueType> result = {kPtr, kPtr};
    CheckSymbol(resolution.accumulate, WithImmediates(step, resolution), ValueType::kI32, where);
    if (resolution.per_row) {
      EXPECT_TRUE(resolution.merge.empty() && resolution.retract.empty()) << where;
    } else {
      CheckSymbol(resolution.merge, WithImmediates(merge, resolution), ValueType::kI32, where);
    }
    result = WithImmediates(result, resolution);
    result.push_back(kPtr);
    CheckSymbol(resolution.result_kernel, result, ValueType::kI32, where);
    if (!resolution.retract.empty()) {
      CheckSymbol(resolution.retract, WithImmediates(step, resolution), ValueType::kI32, where);
    }
    EXPECT_GT(resolution.state_bytes, 0u) << where;
    for (uint32_t offset : resolution.blob_offsets) {
      EXPECT_LE(offset + 16, resolution.state_bytes) << where;
    }
  }

  static std::vector<ValueType> WithImmediates(std::vector<ValueType> parameters,
                                               const AggregateResolution& resolution) {
    for (size_t i = 0; i < resolution.immediates.size(); ++i) parameters.push_back(ValueType::kI64);
    return parameters;
  }

  FunctionRegistry registry_;
  std::map<std::string, NativeSymbol> symbols_;
};

// Calls `check` with every list of up to `count_max` arguments of the sample types.
template <typename Check>
void ForEachArguments(size_t count_max, Check check) {
  const std::vector<DataType> types = SampleTypes();
  std::vector<ArgumentInfo> arguments;
  auto extend = [&](auto& self) -> void {
    check(arguments);
    if (arguments.size() == count_max) return;
    for (const DataType& type : types) {
      arguments.push_back({type});
      self(self);
      arguments.back().type = type.NotNull();
      if (type.kind() == TypeKind::kString) {
        for (const Value& literal : SampleLiterals()) {
          arguments.back().literal = &literal;
          self(self);
        }
      }
      if (type.kind() == TypeKind::kInt) {
        arguments.back().literal = &SampleLiterals().back();
        self(self);
      }
      arguments.pop_back();
    }
  };
  extend(extend);
}

std::string Describe(std::string_view name, const std::vector<ArgumentInfo>& arguments) {
  std::string text(name);
  for (const ArgumentInfo& argument : arguments) text += " " + argument.type.ToString();
  return text;
}

TEST_F(SignatureTest, FunctionsResolveToWhatTheConventionSays) {
  size_t resolved = 0;
  for (const FunctionRecord& record : registry_.functions()) {
    size_t of_record = 0;
    for (const FunctionOverload& overload : record.overloads) {
      ForEachArguments(3, [&](const std::vector<ArgumentInfo>& arguments) {
        const auto resolution = overload.resolve(arguments);
        if (!resolution) return;
        ++of_record;
        CheckResolution(*resolution, arguments.size(), Describe(record.name, arguments));
      });
      if (HasFatalFailure()) return;
    }
    EXPECT_NE(record.overloads.empty(), record.forms.empty()) << record.name;
    if (!record.overloads.empty()) {
      EXPECT_GT(of_record, 0u) << record.name << " takes no arguments of the samples";
    }
    resolved += of_record;
  }
  EXPECT_GT(resolved, 1000u);
}

TEST_F(SignatureTest, CastsResolveToWhatTheConventionSays) {
  size_t resolved = 0;
  for (const DataType& from : SampleTypes()) {
    if (from.kind() == TypeKind::kNull) continue;
    for (const DataType& to : SampleTypes()) {
      if (to.kind() == TypeKind::kNull) continue;
      const auto resolution = registry_.ResolveCast(from, to);
      if (!resolution) continue;
      ++resolved;
      EXPECT_TRUE(resolution->result.SameKindAs(to)) << from.ToString() << " to " << to.ToString();
      CheckResolution(*resolution, 1, "cast " + from.ToString() + " to " + to.ToString());
    }
  }
  EXPECT_GT(resolved, 100u);
}

TEST_F(SignatureTest, AggregatesResolveToWhatTheConventionSays) {
  for (const AggregateRecord& record : registry_.aggregates()) {
    size_t resolved = 0;
    for (const AggregateOverload& overload : record.overloads) {
      ForEachArguments(2, [&](const std::vector<ArgumentInfo>& arguments) {
        const auto resolution = overload.resolve(arguments);
        if (!resolution) return;
        ++resolved;
        EXPECT_EQ(resolution->parameters.size(), arguments.size());
        CheckAggregate(*resolution, Describe(record.name, arguments));
      });
    }
    EXPECT_GT(resolved, 0u) << record.name;
  }
}

TEST_F(SignatureTest, EveryRecordIsDocumented) {
  auto check = [](const auto& record) {
    EXPECT_FALSE(record.doc.empty()) << record.name;
    EXPECT_FALSE(record.nulls.empty()) << record.name;
    EXPECT_FALSE(record.examples.empty()) << record.name;
  };
  for (const FunctionRecord& record : registry_.functions()) check(record);
  for (const AggregateRecord& record : registry_.aggregates()) check(record);
}

}  // namespace
}  // namespace flinkc
