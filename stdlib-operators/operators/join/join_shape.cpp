#include "stdlib-operators/operators/join/join_shape.h"

#include "runtime/base/check.h"

namespace flinkc {

namespace {

const JoinDescriptor& JoinOf(const NativeLayout& layout) {
  if (const auto* lookup = std::get_if<LookupDescriptor>(&layout.descriptor)) return lookup->join;
  return std::get<JoinDescriptor>(layout.descriptor);
}

Schema SideOf(const NativeLayout& layout, size_t side) {
  const auto* lookup = std::get_if<LookupDescriptor>(&layout.descriptor);
  return side == 1 && lookup != nullptr ? lookup->table.BatchSchema() : layout.inputs[side];
}

}  // namespace

JoinShape::JoinShape(const NativeLayout& layout)
    : join(JoinOf(layout)), sides{SideOf(layout, 0), SideOf(layout, 1)} {
  if (join.has_condition) condition = layout.condition_schemas[0];
  for (const uint32_t column : layout.condition_columns) {
    const auto left = static_cast<uint32_t>(sides[0].size());
    condition_columns[column < left ? 0 : 1].push_back(column < left ? column : column - left);
  }
  for (size_t side = 0; side < 2; ++side) {
    const bool padded = IsOuter(join.kind, 1 - side);
    for (const uint32_t column : join.columns[side]) {
      const Field& field = sides[side][column];
      result.Add({field.name, padded ? field.type.Nullable() : field.type});
    }
  }
}

uint32_t WatermarkColumnOf(const Schema& side) {
  const std::optional<size_t> column = side.IndexOf(kWatermarkColumn);
  CHECK(column.has_value());
  return static_cast<uint32_t>(*column);
}

}  // namespace flinkc
