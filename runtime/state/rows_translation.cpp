#include "runtime/state/rows_translation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "runtime/state/accumulator_translation.h"
#include "runtime/state/keyed_rows.h"
#include "runtime/state/widen_value.h"

namespace flinkc {

namespace {

std::unexpected<Error> Incompatible(std::string what) {
  return MakeError(ErrorCode::kStateIncompatible, std::move(what));
}

std::optional<size_t> IndexOf(const Schema& schema, std::string_view name) {
  for (size_t i = 0; i < schema.size(); ++i) {
    if (schema[i].name == name) return i;
  }
  return std::nullopt;
}

}  // namespace

Result<RowsTranslation> RowsTranslation::Make(const StateSchema& stored,
                                              const StateSchema& wanted) {
  for (const Field& field : stored.rows) {
    if (IndexOf(wanted.rows, field.name)) continue;
    return Incompatible(
        fmt::format("its rows had a column `{}`, which they have no more: they "
                    "were {}, now they are {}",
                    field.name, stored.rows.ToString(), wanted.rows.ToString()));
  }
  RowsTranslation translation(stored, wanted);
  for (const Field& field : wanted.rows) {
    const std::optional<size_t> source = IndexOf(stored.rows, field.name);
    if (!source && !field.type.nullable()) {
      return Incompatible(
          fmt::format("its rows have a new column `{}`, which cannot be NULL, as it "
                      "would have to be in the rows that are there",
                      field.name));
    }
    if (!source) {
      translation.columns_.push_back({-1, field.type, field.type});
      continue;
    }
    const DataType& from = stored.rows[*source].type;
    if (!IsWidening(from, field.type)) {
      return Incompatible(fmt::format("the column `{}` of its rows is {}, which cannot become {}",
                                      field.name, from.ToString(), field.type.ToString()));
    }
    translation.columns_.push_back({static_cast<int>(*source), from, field.type});
  }
  return translation;
}

void RowsTranslation::Apply(std::string_view from, std::string* to) const {
  const size_t header_bytes = stored_.kind == StateKind::kMultiset ? 8 : 4;
  std::vector<RowCodec::Cell> cells(columns_.size());
  std::vector<std::array<char, 16>> wide(columns_.size());
  KeyedRow row;
  const RowsOfKey rows = RowsIn(stored_, from);
  for (uint32_t read = 0; rows.Next(&read, &row);) {
    const std::vector<RowCodec::Cell> stored = from_.Cells(row.bytes);
    for (size_t i = 0; i < columns_.size(); ++i) {
      const Column& column = columns_[i];
      cells[i] =
          column.source < 0 ? RowCodec::Cell{true, {}} : stored[static_cast<size_t>(column.source)];
      const PhysicalType narrow = column.from.physical(), wider = column.to.physical();
      if (cells[i].is_null || narrow == wider) continue;
      WidenValue(narrow, cells[i].bytes.data(), wider, wide[i].data());
      cells[i].bytes = {wide[i].data(), ByteWidth(wider)};
    }
    const size_t at = to->size();
    to->append(header_bytes, '\0');
    to_.AppendCells(cells, to);
    const uint32_t header[2] = {static_cast<uint32_t>(to->size() - at - header_bytes), row.count};
    std::memcpy(to->data() + at, header, header_bytes);
  }
}

}  // namespace flinkc
