// Random numbers and names: another for each row.
#include "stdlib-operators/functions/records.h"
#include "stdlib-operators/functions/resolve.h"

namespace flinkc {
namespace {

std::optional<Resolution> Drawn(std::optional<Resolution> resolution) {
  if (resolution) resolution->volatile_result = true;
  return resolution;
}

std::optional<Resolution> ResolveRand(Arguments arguments) {
  return Drawn(FixedCall(ValueKernel("flinkc_native_rand"), DoubleType(), arguments, {}));
}

std::optional<Resolution> ResolveRandInteger(Arguments arguments) {
  return Drawn(
      FixedCall(NullingKernel("flinkc_native_rand_integer"), IntType(), arguments, {IntType()}));
}

std::optional<Resolution> ResolveUuid(Arguments arguments) {
  return Drawn(FixedCall(TextKernel("flinkc_native_uuid"), StringType(), arguments, {}));
}

}  // namespace

std::vector<FunctionRecord> RandomFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back({.name = "rand",
                     .category = FunctionCategory::kNumeric,
                     .doc = "A random number from 0 to below 1, another for each row.",
                     .nulls = "Never NULL.",
                     .overloads = {{"() -> DOUBLE NOT NULL", ResolveRand}},
                     .examples = {{"rand() >= 0 AND rand() < 1", "TRUE"}}});
  records.push_back({.name = "rand_integer",
                     .category = FunctionCategory::kNumeric,
                     .doc = "A random whole number from 0 to below `bound`, another for each row.",
                     .nulls = "NULL if the argument is, or is not positive.",
                     .overloads = {{"(bound INT) -> INT", ResolveRandInteger}},
                     .examples = {{"rand_integer(10) BETWEEN 0 AND 9", "TRUE"},
                                  {"rand_integer(1)", "0"},
                                  {"rand_integer(0)", "NULL"}}});
  records.push_back({.name = "uuid",
                     .doc = "A random UUID of RFC 9562, version 4, another for each row.",
                     .nulls = "Never NULL.",
                     .overloads = {{"() -> STRING NOT NULL", ResolveUuid}},
                     .examples = {{"regexp(uuid(), '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]"
                                   "[0-9a-f]{3}-[0-9a-f]{12}$')",
                                   "TRUE"}}});
  return records;
}

}  // namespace flinkc
