#include "tests/unit/runtime/task/fake_chain.h"

#include "runtime/exchange/result_partition.h"

namespace flinkc {

Schema IntegerSchema(const std::vector<std::string>& names) {
  Schema schema;
  for (const std::string& name : names) schema.Add({name, DataType(TypeKind::kBigint).NotNull()});
  return schema;
}

BatchPtr MakeBatch(const Schema& schema, const std::vector<Row>& rows) {
  auto batch = std::make_shared<RecordBatch>(schema, RecordBatch::kRowsMax, false, false, nullptr);
  for (size_t row = 0; row < rows.size(); ++row) {
    for (size_t column = 0; column < rows[row].size(); ++column) {
      batch->Values<int64_t>(column)[row] = rows[row][column];
    }
  }
  batch->set_row_count(static_cast<int32_t>(rows.size()));
  return batch;
}

std::vector<Row> RowsOf(const RecordBatch& batch) {
  std::vector<Row> rows;
  for (int32_t row = 0; row < batch.row_count(); ++row) {
    Row cells;
    for (size_t column = 0; column < batch.column_count(); ++column) {
      cells.push_back(batch.Values<int64_t>(column)[row]);
    }
    rows.push_back(std::move(cells));
  }
  return rows;
}

uint32_t FakeChain::AddPort(std::string name, Schema schema, PortTarget target,
                            uint32_t target_index, bool key_hashes) {
  layout_.ports.push_back(
      {std::move(name), std::move(schema), false, key_hashes, target, target_index});
  return static_cast<uint32_t>(layout_.ports.size() - 1);
}

uint32_t FakeChain::AddPipeline(PipelineInput input, uint32_t input_index,
                                std::vector<uint32_t> ports, Function function,
                                std::vector<uint32_t> states) {
  const uint32_t index = static_cast<uint32_t>(layout_.pipelines.size());
  layout_.pipelines.push_back({"pipeline" + std::to_string(index), input, input_index,
                               std::move(ports), std::move(states), 0});
  functions_.push_back(std::move(function));
  return index;
}

uint32_t FakeChain::AddSink(std::string name, Schema schema) {
  ChainSink sink;
  sink.descriptor.name = std::move(name);
  sink.descriptor.connector = "collect";
  sink.schema = std::move(schema);
  layout_.sinks.push_back(std::move(sink));
  return static_cast<uint32_t>(layout_.sinks.size() - 1);
}

FakeChain::Function ForEachRow(
    std::function<bool(ChainContext*, const BatchLayout&, int64_t)> body) {
  return [body = std::move(body)](ChainContext* context, const void* input, int64_t row) {
    const BatchLayout& batch = *static_cast<const BatchLayout*>(input);
    for (; row < batch.row_count;) {
      if (!body(context, batch, row)) return kPipelineFailed;
      ++row;
      if (context->blocked != 0) break;
    }
    return row;
  };
}

namespace {

void Append(ChainContext* context, uint32_t port, uint32_t channel, const Row& row, uint64_t hash) {
  BatchLayout& builder = *context->ports[port].channels[channel];
  for (size_t column = 0; column < row.size(); ++column) {
    static_cast<int64_t*>(builder.columns[column].values)[builder.row_count] = row[column];
  }
  if (builder.key_hashes != nullptr) builder.key_hashes[builder.row_count] = hash;
  if (++builder.row_count == builder.capacity) flinkc_rt_flush_channel(context, port, channel);
}

}  // namespace

void Emit(ChainContext* context, uint32_t port, const Row& row) {
  Append(context, port, 0, row, 0);
}

void EmitHashed(ChainContext* context, uint32_t port, const Row& row, uint64_t hash) {
  const OutputPort& output = context->ports[port];
  Append(context, port, OwnerOfHash(hash, output.max_parallelism, output.channel_count), row, hash);
}

Status CollectingSink::Write(const BatchPtr& batch) {
  if (!write_status_) return write_status_;
  if (rooms_ > 0) --rooms_;
  batches_.push_back(batch);
  if (!collect_rows_) return {};
  for (Row& row : RowsOf(*batch)) rows_.push_back(std::move(row));
  return {};
}

}  // namespace flinkc
