// Appends rows to one output port of a pipeline.
#pragma once

#include <optional>
#include <vector>

#include "compiler/codegen/function_builder.h"
#include "compiler/lower/lowered_value.h"
#include "runtime/graph/chain_layout.h"

namespace flinkc {

// A port with one channel keeps the builder's addresses and row count in variables while the loop
// runs; one that spreads by key hash looks the channel's builder up for each row.
class PortWriter {
 public:
  // `columns[i]` is the column of the written rows that becomes column i of the port.
  PortWriter(FunctionBuilder& fn, LoopValue context, uint32_t port, const PortLayout& layout,
             std::vector<uint32_t> columns);

  // At the start of the function.
  void Open();
  // `hash` (kI64) only for ports with key hashes.
  void Write(const LoweredRow& row, std::optional<LoopValue> hash);
  // Without Open and Close, of a port with one channel: its builder is looked up for each row. A
  // row of an output without kinds is one that comes.
  void WriteNow(const LoweredRow& row);
  // kI1: whether the port has a channel at present.
  LoopValue HasChannel();
  // Of a port with one channel: the index of the next row in the open builder, and the builder.
  LoopValue NextRow();
  LoopValue Builder();
  // Writes the columns from `first` on over those of row `index` of the open builder.
  void Rewrite(const LoweredRow& row, size_t first, LoopValue index);
  // Before the function returns, on every way.
  void Close();

 private:
  struct ColumnVariables {
    LoopVariable values;
    std::optional<LoopVariable> validity;
  };

  void LoadBuilder();
  void WriteSingle(const LoweredRow& row);
  void WritePartitioned(const LoweredRow& row, LoopValue hash);
  // To the open builder of `channel` (kI32).
  void WriteTo(LoopValue channel, const LoweredRow& row, std::optional<LoopValue> hash);
  void StoreColumn(size_t column, const LoweredRow& row, LoopValue values,
                   std::optional<LoopValue> validity, LoopValue index);
  LoopValue BuilderAddress(LoopValue channel);

  FunctionBuilder& fn_;
  LoopValue context_;
  uint32_t port_;
  const PortLayout& layout_;
  std::vector<uint32_t> columns_;

  // With one channel.
  std::optional<LoopVariable> builder_;
  std::optional<LoopVariable> row_count_;
  std::optional<LoopVariable> row_kinds_;
  std::vector<ColumnVariables> column_variables_;
};

}  // namespace flinkc
