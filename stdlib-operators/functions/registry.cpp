#include "stdlib-operators/functions/registry.h"

#include <utility>

#include "stdlib-operators/functions/native/time_zone.h"
#include "stdlib-operators/functions/records.h"

namespace flinkc {

void RegisterStdFunctions(FunctionRegistry& registry) {
  for (auto* family :
       {&ArithmeticFunctions, &ComparisonFunctions, &NumericFunctions, &RandomFunctions,
        &TextFunctions, &EncodingFunctions, &RegexFunctions, &DigestFunctions, &TemporalFunctions,
        &ArrayFunctions, &LambdaFunctions, &MapFunctions, &JsonFunctions, &SpecialForms}) {
    for (FunctionRecord& record : family()) registry.Add(std::move(record));
  }
  registry.SetCastResolver(&ResolveCast);
  registry.SetTimeZoneCheck([](std::string_view name) { return LocateTimeZone(name) != nullptr; });
}

}  // namespace flinkc
