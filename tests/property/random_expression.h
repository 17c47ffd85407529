// Random expressions that cannot fail, each as text and as a plain evaluation of it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/property/chance.h"
#include "tests/property/random_stream.h"

namespace flinkc::property {

struct RandomExpression {
  std::string text;
  ValueType type = ValueType::kBigint;
  int64_t size_max = 0;  // as of RandomColumn
  std::function<Value(const std::vector<Value>&)> evaluate;
};

RandomExpression DrawExpression(Chance& chance, const RandomStream& input, ValueType type,
                                int depth = 3);

// A condition is TRUE; not FALSE and not NULL.
bool IsTrue(const RandomExpression& condition, const std::vector<Value>& row);
// -1, 0 or 1; neither is NULL. Texts by their bytes.
int Compare(const Value& a, const Value& b);

}  // namespace flinkc::property
