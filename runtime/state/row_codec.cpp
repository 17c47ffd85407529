#include "runtime/state/row_codec.h"

#include <cstring>

#include "runtime/abi/string_value.h"
#include "runtime/base/check.h"

namespace flinkc {

RowCodec::RowCodec(const Schema& schema) {
  for (const Field& field : schema) {
    columns_.push_back(
        {ByteWidth(field.type.physical()), field.type.nullable(), field.type.is_view()});
  }
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

void RowCodec::Append(const RecordBatch& batch, const std::vector<uint32_t>& columns, int32_t row,
                      std::string* out) const {
  std::vector<Cell> cells(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (batch.IsNull(columns[i], row)) {
      cells[i].is_null = true;
    } else if (columns_[i].is_view) {
      cells[i].bytes = batch.Values<StringValue>(columns[i])[row].view();
    } else {
      cells[i].bytes = {
          batch.Values<char>(columns[i]) + size_t{columns_[i].width} * static_cast<size_t>(row),
          columns_[i].width};
    }
  }
  AppendCells(cells, out);
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

void RowCodec::Read(std::string_view bytes, const std::vector<uint32_t>& columns, Arena* arena,
                    RecordBatch* batch, int32_t row) const {
  const std::vector<Cell> cells = Cells(bytes);
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].is_null) {
      batch->SetNull(columns[i], row);
      continue;
    }
    batch->SetValid(columns[i], row);
    std::string_view value = cells[i].bytes;
    if (!columns_[i].is_view) {
      std::memcpy(
          batch->Values<char>(columns[i]) + size_t{columns_[i].width} * static_cast<size_t>(row),
          value.data(), value.size());
      continue;
    }
    if (value.size() > StringValue::kInlineBytes) {
      // Nested values are read 8 bytes at a time.
      char* copy = arena->Allocate(value.size(), 8);
      std::memcpy(copy, value.data(), value.size());
      value = {copy, value.size()};
    }
    batch->Values<StringValue>(columns[i])[row] = MakeStringValue(value);
  }
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
