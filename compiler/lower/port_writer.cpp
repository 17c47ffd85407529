#include "compiler/lower/port_writer.h"

#include <cstddef>

#include "compiler/codegen/control_flow.h"
#include "compiler/lower/value_access.h"
#include "runtime/abi/chain_context.h"
#include "runtime/base/check.h"

namespace flinkc {

PortWriter::PortWriter(FunctionBuilder& fn, LoopValue context, uint32_t port,
                       const PortLayout& layout, std::vector<uint32_t> columns)
    : fn_(fn), context_(context), port_(port), layout_(layout), columns_(std::move(columns)) {
  CHECK(columns_.size() == layout.schema.size());
}

LoopValue PortWriter::BuilderAddress(LoopValue channel) {
  // context->ports[port].channels[channel]
  const LoopValue ports = fn_.Load(ValueType::kPtr, context_, offsetof(ChainContext, ports));
  const LoopValue channels = fn_.Load(
      ValueType::kPtr, ports, int64_t{port_} * sizeof(OutputPort) + offsetof(OutputPort, channels));
  return fn_.Load(ValueType::kPtr, fn_.Index(channels, channel, sizeof(void*)));
}

void PortWriter::Open() {
  if (layout_.key_hashes) return;
  builder_ = fn_.DeclareVariable("builder", fn_.Null());
  row_count_ = fn_.DeclareVariable("row_count", fn_.I64(0));
  if (layout_.row_kinds) row_kinds_ = fn_.DeclareVariable("row_kinds", fn_.Null());
  for (const Field& field : layout_.schema) {
    ColumnVariables variables{fn_.DeclareVariable(field.name, fn_.Null()), std::nullopt};
    if (field.type.nullable()) {
      variables.validity = fn_.DeclareVariable(field.name + ".validity", fn_.Null());
    }
    column_variables_.push_back(variables);
  }
  LoadBuilder();
}

void PortWriter::LoadBuilder() {
  const LoopValue builder = BuilderAddress(fn_.I64(0));
  fn_.Set(*builder_, builder);
  fn_.Set(*row_count_,
          fn_.SignExtend(fn_.Load(ValueType::kI32, builder, offsetof(BatchLayout, row_count)),
                         ValueType::kI64));
  if (row_kinds_.has_value()) {
    fn_.Set(*row_kinds_, fn_.Load(ValueType::kPtr, builder, offsetof(BatchLayout, row_kinds)));
  }
  const LoopValue columns = fn_.Load(ValueType::kPtr, builder, offsetof(BatchLayout, columns));
  for (size_t i = 0; i < column_variables_.size(); ++i) {
    const int64_t base = static_cast<int64_t>(i * sizeof(ColumnBuffer));
    fn_.Set(column_variables_[i].values,
            fn_.Load(ValueType::kPtr, columns, base + offsetof(ColumnBuffer, values)));
    if (column_variables_[i].validity.has_value()) {
      fn_.Set(*column_variables_[i].validity,
              fn_.Load(ValueType::kPtr, columns, base + offsetof(ColumnBuffer, validity)));
    }
  }
}

void PortWriter::StoreColumn(size_t column, const LoweredRow& row, LoopValue values,
                             std::optional<LoopValue> validity, LoopValue index) {
  const LoweredValue& value = row.columns[columns_[column]];
  const DataType& type = layout_.schema[column].type;
  StorePayload(fn_, type, value.payload, fn_.Index(values, index, ByteWidth(type.physical())));
  if (validity.has_value()) {
    fn_.Call("flinkc_set_validity", {*validity, index, ValidOrTrue(fn_, value)});
  }
}

void PortWriter::Write(const LoweredRow& row, std::optional<LoopValue> hash) {
  CHECK(hash.has_value() == layout_.key_hashes);
  CHECK(!layout_.row_kinds || row.kind.has_value());
  if (layout_.key_hashes) {
    WritePartitioned(row, *hash);
  } else {
    WriteSingle(row);
  }
}

void PortWriter::WriteSingle(const LoweredRow& row) {
  const LoopValue index = fn_.Get(*row_count_);
  for (size_t i = 0; i < columns_.size(); ++i) {
    std::optional<LoopValue> validity;
    if (column_variables_[i].validity.has_value())
      validity = fn_.Get(*column_variables_[i].validity);
    StoreColumn(i, row, fn_.Get(column_variables_[i].values), validity, index);
  }
  if (row_kinds_.has_value()) fn_.Store(*row.kind, fn_.Index(fn_.Get(*row_kinds_), index, 1));
  const LoopValue count = fn_.Add(index, fn_.I64(1));
  fn_.Set(*row_count_, count);
  // if (++row_count == builder->capacity) flush
  const LoopValue capacity =
      fn_.SignExtend(fn_.Load(ValueType::kI32, fn_.Get(*builder_), offsetof(BatchLayout, capacity)),
                     ValueType::kI64);
  If full(fn_, fn_.Equal(count, capacity), Likelihood::kUnlikely);
  Close();
  fn_.Call("flinkc_rt_flush_channel", {context_, fn_.I32(static_cast<int32_t>(port_)), fn_.I32(0)});
  LoadBuilder();
}

LoopValue PortWriter::NextRow() { return fn_.Get(*row_count_); }

LoopValue PortWriter::Builder() { return fn_.Get(*builder_); }

void PortWriter::Rewrite(const LoweredRow& row, size_t first, LoopValue index) {
  for (size_t i = first; i < columns_.size(); ++i) {
    std::optional<LoopValue> validity;
    if (column_variables_[i].validity) validity = fn_.Get(*column_variables_[i].validity);
    StoreColumn(i, row, fn_.Get(column_variables_[i].values), validity, index);
  }
}

void PortWriter::WritePartitioned(const LoweredRow& row, LoopValue hash) {
  // channel = owner of the key group of `hash`
  const LoopValue ports = fn_.Load(ValueType::kPtr, context_, offsetof(ChainContext, ports));
  const int64_t port = int64_t{port_} * sizeof(OutputPort);
  const LoopValue max_parallelism =
      fn_.Load(ValueType::kI32, ports, port + offsetof(OutputPort, max_parallelism));
  const LoopValue channel_count =
      fn_.Load(ValueType::kI32, ports, port + offsetof(OutputPort, channel_count));
  WriteTo(fn_.Call("flinkc_channel_of", {hash, max_parallelism, channel_count}), row, hash);
}

LoopValue PortWriter::HasChannel() {
  const LoopValue ports = fn_.Load(ValueType::kPtr, context_, offsetof(ChainContext, ports));
  const LoopValue count =
      fn_.Load(ValueType::kI32, ports,
               int64_t{port_} * sizeof(OutputPort) + offsetof(OutputPort, channel_count));
  return fn_.NotEqual(count, fn_.I32(0));
}

void PortWriter::WriteNow(const LoweredRow& row) {
  if (!layout_.row_kinds || row.kind) return WriteTo(fn_.I32(0), row, std::nullopt);
  LoweredRow comes = row;
  comes.kind = fn_.I8(static_cast<int8_t>(RowKind::kInsert));
  WriteTo(fn_.I32(0), comes, std::nullopt);
}

void PortWriter::WriteTo(LoopValue channel, const LoweredRow& row, std::optional<LoopValue> hash) {
  const LoopValue builder = BuilderAddress(fn_.ZeroExtend(channel, ValueType::kI64));
  const LoopValue count = fn_.Load(ValueType::kI32, builder, offsetof(BatchLayout, row_count));
  const LoopValue index = fn_.SignExtend(count, ValueType::kI64);

  const LoopValue columns = fn_.Load(ValueType::kPtr, builder, offsetof(BatchLayout, columns));
  for (size_t i = 0; i < columns_.size(); ++i) {
    const int64_t base = static_cast<int64_t>(i * sizeof(ColumnBuffer));
    std::optional<LoopValue> validity;
    if (layout_.schema[i].type.nullable()) {
      validity = fn_.Load(ValueType::kPtr, columns, base + offsetof(ColumnBuffer, validity));
    }
    StoreColumn(i, row, fn_.Load(ValueType::kPtr, columns, base + offsetof(ColumnBuffer, values)),
                validity, index);
  }
  if (hash) {
    const LoopValue hashes = fn_.Load(ValueType::kPtr, builder, offsetof(BatchLayout, key_hashes));
    fn_.Store(*hash, fn_.Index(hashes, index, sizeof(uint64_t)));
  }
  if (layout_.row_kinds) {
    const LoopValue kinds = fn_.Load(ValueType::kPtr, builder, offsetof(BatchLayout, row_kinds));
    fn_.Store(*row.kind, fn_.Index(kinds, index, 1));
  }
  const LoopValue next = fn_.Add(count, fn_.I32(1));
  fn_.Store(next, builder, offsetof(BatchLayout, row_count));
  const LoopValue capacity = fn_.Load(ValueType::kI32, builder, offsetof(BatchLayout, capacity));
  If full(fn_, fn_.Equal(next, capacity), Likelihood::kUnlikely);
  fn_.Call("flinkc_rt_flush_channel", {context_, fn_.I32(static_cast<int32_t>(port_)), channel});
}

void PortWriter::Close() {
  if (layout_.key_hashes) return;
  // builder->row_count = row_count
  fn_.Store(fn_.Truncate(fn_.Get(*row_count_), ValueType::kI32), fn_.Get(*builder_),
            offsetof(BatchLayout, row_count));
}

}  // namespace flinkc
