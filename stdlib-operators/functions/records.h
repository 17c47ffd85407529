// The families of this folder's records, a file each; registry.cpp adds them all.
#pragma once

#include <vector>

#include "compiler/expression/function_record.h"

namespace flinkc {

std::vector<FunctionRecord> ArithmeticFunctions();
std::vector<FunctionRecord> ComparisonFunctions();
std::vector<FunctionRecord> NumericFunctions();
std::vector<FunctionRecord> RandomFunctions();
std::vector<FunctionRecord> TextFunctions();
std::vector<FunctionRecord> EncodingFunctions();
std::vector<FunctionRecord> RegexFunctions();
std::vector<FunctionRecord> DigestFunctions();
std::vector<FunctionRecord> TemporalFunctions();
std::vector<FunctionRecord> ArrayFunctions();
std::vector<FunctionRecord> LambdaFunctions();
std::vector<FunctionRecord> MapFunctions();
std::vector<FunctionRecord> JsonFunctions();
// AND, CASE, CAST …: for the documentation alone.
std::vector<FunctionRecord> SpecialForms();

// CAST(from AS to); see CastResolver.
std::optional<Resolution> ResolveCast(const DataType& from, const DataType& to);

}  // namespace flinkc
