#include "runtime/state/row_codec.h"

#include <cstring>

#include "runtime/abi/string_value.h"
#include "runtime/base/check.h"

namespace flinkc {

RowCodec::RowCodec(const Schema& schema) {
  for (const Field& field : schema) {
    columns_.push_back(
        {ByteWidth(field.type.physical()), field.type.nullable(), field.type.is_view()});
    fixed_bytes_ += columns_.back().is_view ? sizeof(uint32_t) : columns_.back().width;
  }
  fixed_bytes_ += null_bytes();
}

void RowCodec::AppendCells(const std::vector<Cell>& cells, std::string* out) const {
  DCHECK(cells.size() == columns_.size());
  const size_t nulls = out->size();
  out->append(null_bytes(), '\0');
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].is_null) {
      (*out)[nulls + i / 8] |= static_cast<char>(1 << i % 8);
      continue;
    }
    if (columns_[i].is_view) {
      const auto size = static_cast<uint32_t>(cells[i].bytes.size());
      out->append(reinterpret_cast<const char*>(&size), sizeof(size));
    }
    out->append(cells[i].bytes);
  }
}

size_t RowCodec::SizeOf(const RecordBatch& batch, const std::vector<uint32_t>& columns,
                        int32_t row) const {
  size_t bytes = fixed_bytes_;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    if (!column.nullable && !column.is_view) continue;
    if (columns[i] == kNowhere) continue;
    if (column.nullable && batch.IsNull(columns[i], row)) {
      bytes -= column.is_view ? sizeof(uint32_t) : column.width;
    } else if (column.is_view) {
      bytes += batch.Values<StringValue>(columns[i])[row].size;
    }
  }
  return bytes;
}

void RowCodec::Write(const RecordBatch& batch, const std::vector<uint32_t>& columns, int32_t row,
                     char* to) const {
  char* at = to;
  for (size_t i = 0; i < null_bytes(); ++i) *at++ = 0;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    if (columns[i] == kNowhere) {
      DCHECK(!column.is_view);
      std::memset(at, 0, column.width);
      at += column.width;
    } else if (column.nullable && batch.IsNull(columns[i], row)) {
      to[i / 8] |= static_cast<char>(1 << i % 8);
    } else if (column.is_view) {
      const StringValue& value = batch.Values<StringValue>(columns[i])[row];
      std::memcpy(at, &value.size, sizeof(value.size));
      CopyBytes(at + sizeof(value.size), value.data(), value.size);
      at += sizeof(value.size) + value.size;
    } else {
      CopyValue(at,
                batch.Values<char>(columns[i]) + size_t{column.width} * static_cast<size_t>(row),
                column.width);
      at += column.width;
    }
  }
}

std::vector<RowCodec::Cell> RowCodec::Cells(std::string_view bytes) const {
  std::vector<Cell> cells(columns_.size());
  size_t cursor = null_bytes();
  for (size_t i = 0; i < columns_.size(); ++i) {
    cells[i].is_null = (bytes[i / 8] >> i % 8 & 1) != 0;
    if (cells[i].is_null) continue;
    uint32_t size = columns_[i].width;
    if (columns_[i].is_view) {
      std::memcpy(&size, bytes.data() + cursor, sizeof(size));
      cursor += sizeof(size);
    }
    cells[i].bytes = bytes.substr(cursor, size);
    cursor += size;
  }
  return cells;
}

bool RowCodec::IsValid(std::string_view bytes) const {
  if (bytes.size() < null_bytes()) return false;
  size_t cursor = null_bytes();
  for (size_t i = 0; i < 8 * null_bytes(); ++i) {
    const bool is_null = (bytes[i / 8] >> i % 8 & 1) != 0;
    if (i >= columns_.size()) {
      if (is_null) return false;
      continue;
    }
    if (is_null) {
      if (!columns_[i].nullable) return false;
      continue;
    }
    uint32_t size = columns_[i].width;
    if (columns_[i].is_view) {
      if (bytes.size() - cursor < sizeof(size)) return false;
      std::memcpy(&size, bytes.data() + cursor, sizeof(size));
      cursor += sizeof(size);
    }
    if (bytes.size() - cursor < size) return false;
    cursor += size;
  }
  return cursor == bytes.size();
}

}  // namespace flinkc
