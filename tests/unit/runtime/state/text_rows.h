// Rows with a text as key and one that grows, and their model: for tests of tables.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>
#include <utility>

#include "runtime/abi/hash.h"
#include "runtime/graph/chain_layout.h"
#include "runtime/state/memory_table.h"

namespace flinkc {

// Row: [hash][key: view][count: i64][texts: StateBlob]
inline StateLayout TextLayout() {
  StateLayout layout;
  layout.state_id = "words/aggregate";
  layout.key_bytes = 16;
  layout.row_bytes = 48;
  layout.key_view_offsets = {0};
  layout.blob_offsets = {32};
  layout.schema.key_bytes = 16;
  layout.schema.row_bytes = 48;
  layout.schema.keys = {{"word", DataType::String(0, false, false), 8, std::nullopt}};
  layout.schema.accumulators = {
      {"n", "count(*)", "count", "", {}, DataType(TypeKind::kBigint), 24, 8, {}, std::nullopt},
      {"all",
       "listagg(x)",
       "listagg",
       "x",
       {DataType::String()},
       DataType::String(),
       32,
       16,
       {32},
       std::nullopt}};
  return layout;
}

using TextModel = std::map<std::string, std::pair<int64_t, std::string>>;

inline std::string TextKeyOf(uint64_t number) {
  return number % 3 == 0 ? std::to_string(number)
                         : "a long key that is not inline " + std::to_string(number);
}

// Counts the key and appends `letter` to its text, here and in the model.
inline ProbeResult UpdateText(MemoryTable& table, TextModel& model, const std::string& key,
                              char letter) {
  const StringValue view = MakeStringValue(key.data(), static_cast<uint32_t>(key.size()));
  char* row = nullptr;
  const ProbeResult result = FindOrInsert(&table, HashBytes(view.data(), view.size),
                                          reinterpret_cast<const char*>(&view), sizeof(view), &row);
  if (result == ProbeResult::kMemoryLimit) return result;
  int64_t count;
  std::memcpy(&count, row + 24, sizeof(count));
  ++count;
  std::memcpy(row + 24, &count, sizeof(count));
  auto* blob = reinterpret_cast<StateBlob*>(row + 32);
  EXPECT_TRUE(ReserveMore(table.heap, blob, 1));
  blob->data[blob->size++] = letter;
  auto& expected = model[key];
  ++expected.first;
  expected.second += letter;
  return result;
}

// All rows, those in the table's store too.
inline TextModel TextContents(MemoryTable& table) {
  MemoryTable all(table.layout(), nullptr);
  const Status copied = table.CopyRange(0, UINT64_MAX, &all);
  EXPECT_TRUE(copied) << copied.error().message;
  TextModel model;
  for (uint64_t i = 0; i < all.row_count; ++i) {
    const char* row = all.Row(i);
    StringValue key;
    StateBlob blob;
    std::memcpy(&key, row + 8, sizeof(key));
    auto& [count, text] = model[std::string(key.view())];
    std::memcpy(&count, row + 24, sizeof(count));
    std::memcpy(&blob, row + 32, sizeof(blob));
    text.assign(blob.data, blob.size);
  }
  return model;
}

}  // namespace flinkc
