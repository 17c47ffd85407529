// What operators over groups of rows share.
#include "compiler/spec/section_parsers.h"

namespace flinkc {

std::vector<SpecName> ParseGroupColumns(Field field, SpecReader& reader) {
  const bool is_empty_list =
      field && field.node->kind == YamlNode::Kind::kList && field.node->items.empty();
  if (!field || is_empty_list) return {};
  return reader.ReadColumnNames(field);
}

std::optional<Located<DurationValue>> ParseStateTtl(Field field, std::string_view record,
                                                    SpecReader& reader) {
  if (!field) return std::nullopt;
  MapReader map(reader, field, record, "`state`");
  if (!map.is_map()) return std::nullopt;
  auto ttl = reader.ReadDuration(map.Require("ttl", "ttl: 1d"), 1);
  map.Finish();
  return ttl;
}

}  // namespace flinkc
