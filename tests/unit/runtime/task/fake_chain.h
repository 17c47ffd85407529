// Chains whose loops are written by hand: what generated code does, in C++. All columns are BIGINT
// NOT NULL but where a test builds its own schema.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/abi/hash.h"
#include "runtime/abi/keyed_table.h"
#include "runtime/connector/sink.h"
#include "runtime/graph/compiled_chain.h"

namespace flinkc {

using Row = std::vector<int64_t>;

Schema IntegerSchema(const std::vector<std::string>& names);
BatchPtr MakeBatch(const Schema& schema, const std::vector<Row>& rows);
std::vector<Row> RowsOf(const RecordBatch& batch);

class FakeChain final : public CompiledChain {
 public:
  using Function = std::function<int64_t(ChainContext*, const void*, int64_t)>;

  const ChainLayout& layout() const override { return layout_; }
  const void* const* function_states() const override { return nullptr; }
  int64_t Run(uint32_t function, ChainContext* context, const void* input,
              int64_t start_row) const override {
    return functions_[function](context, input, start_row);
  }

  // A port, a pipeline (in order), a sink; each returns its index.
  uint32_t AddPort(std::string name, Schema schema, PortTarget target, uint32_t target_index = 0,
                   bool key_hashes = false);
  uint32_t AddPipeline(PipelineInput input, uint32_t input_index, std::vector<uint32_t> ports,
                       Function function, std::vector<uint32_t> states = {});
  uint32_t AddSink(std::string name, Schema schema);

  ChainLayout layout_;
  std::vector<Function> functions_;
};

// Runs `body(row index)` over the rows of a batch as generated loops do: it ends after the current
// row when an output has no more room. `body` returns false when the row failed for good.
FakeChain::Function ForEachRow(
    std::function<bool(ChainContext*, const BatchLayout&, int64_t)> body);
inline int64_t Cell(const BatchLayout& batch, size_t column, int64_t row) {
  return static_cast<const int64_t*>(batch.columns[column].values)[row];
}
// Appends a row to a port of one channel, and to the channel of `hash` of a partitioned one.
void Emit(ChainContext* context, uint32_t port, const Row& row);
void EmitHashed(ChainContext* context, uint32_t port, const Row& row, uint64_t hash);

// Takes rows while it has room.
class CollectingSink final : public SinkWriter {
 public:
  bool HasRoom() override { return rooms_ != 0; }
  Status Write(const BatchPtr& batch) override;
  Result<std::string> Seal() override {
    log_.push_back("seal");
    if (!seal_status_) return std::unexpected(seal_status_.error());
    return "unit " + std::to_string(rows_.size());
  }
  void Abort() override { log_.push_back("abort"); }

  int64_t rooms_ = -1;        // batches that still fit; -1: any number
  bool collect_rows_ = true;  // only where all columns are integers
  std::vector<Row> rows_;
  std::vector<BatchPtr> batches_;
  std::vector<std::string> log_;
  Status write_status_;
  Status seal_status_;
};

}  // namespace flinkc
