#include "runtime/graph/over_descriptor.h"

namespace flinkc {

Schema StepSchema(const Schema& input, const OverDescriptor& over) {
  Schema steps = input;
  if (over.is_bounded()) {
    for (const uint32_t column : over.arguments) {
      steps.Add({"$left." + input[column].name, input[column].type});
    }
  }
  steps.Add({"$step", DataType(TypeKind::kTinyint, false)});
  return steps;
}

}  // namespace flinkc
