#include "stdlib-operators/operators/over/step_writer.h"

#include <cstring>
#include <numeric>

#include "runtime/graph/kept_columns.h"
#include "runtime/graph/key_layout.h"

namespace flinkc {

namespace {

const OverDescriptor& DescriptorIn(const OperatorContext& context) {
  return std::get<OverDescriptor>(context.layout->descriptor);
}

Schema WaitingSchema(const Schema& input, const OverDescriptor& over) {
  Schema waiting;
  if (!over.time) return waiting;
  for (const uint32_t column : WaitingColumns(input, *over.time)) waiting.Add(input[column]);
  return waiting;
}

// first, first + 1, …
std::vector<uint32_t> Consecutive(uint32_t first, size_t count) {
  std::vector<uint32_t> columns(count);
  std::iota(columns.begin(), columns.end(), first);
  return columns;
}

}  // namespace

StepWriter::StepWriter(const OperatorContext& context)
    : arena_(context.arena),
      over_(DescriptorIn(context)),
      input_(context.layout->inputs[0]),
      steps_(StepSchema(input_, over_)),
      key_layout_(KeyLayout("", KeySchema(input_, over_.keys, /*not_null=*/false))),
      output_(context.outputs[0]),
      move_(input_, Consecutive(0, input_.size()), steps_, Consecutive(0, input_.size())),
      waiting_codec_(WaitingSchema(input_, over_)),
      waiting_columns_(over_.time ? WaitingColumns(input_, *over_.time) : std::vector<uint32_t>()),
      has_time_(over_.frame.unit == OverFrame::Unit::kRange),
      frame_codec_(FrameSchema(input_, over_)) {
  if (has_time_) {
    frame_sources_.push_back(RowCodec::kNowhere);
    frame_targets_.push_back(RowCodec::kNowhere);
  }
  for (size_t i = 0; over_.is_bounded() && i < over_.arguments.size(); ++i) {
    const uint32_t left = FirstLeftColumn(input_) + static_cast<uint32_t>(i);
    frame_sources_.push_back(over_.arguments[i]);
    frame_targets_.push_back(left);
    if (steps_[left].type.is_view()) left_views_.push_back(left);
  }
}

void StepWriter::Begin(const RowInTurn& row) {
  RecordBatch& to = output_->batch();
  const int32_t at = output_->row();
  watermark_ = INT64_MIN;
  if (row.batch == nullptr) {
    waiting_codec_.Read(
        row.waited, waiting_columns_,
        [this](std::string_view value) { return arena_->Copy(value); }, &to, at);
    return;
  }
  move_.Move(*row.batch, row.row, to, at);
  if (const auto hidden = input_.IndexOf(kWatermarkColumn)) {
    watermark_ = row.batch->Values<int64_t>(*hidden)[row.row];
  }
}

// NULL, or zero bytes.
void StepWriter::WriteNothing(uint32_t column, RecordBatch& to, int32_t row) const {
  const DataType& type = steps_[column].type;
  const size_t width = ByteWidth(type.physical());
  std::memset(to.Values<char>(column) + width * static_cast<size_t>(row), 0, width);
  if (type.nullable()) to.SetNull(column, row);
}

void StepWriter::BeginForKey(const StateKey& key) {
  RecordBatch& to = output_->batch();
  const int32_t at = output_->row();
  watermark_ = INT64_MIN;
  for (uint32_t column = 0; column < input_.size(); ++column) WriteNothing(column, to, at);
  for (size_t i = 0; i < over_.keys.size(); ++i) {
    const StateSchema::KeyField& field = key_layout_.schema.keys[i];
    const uint32_t column = over_.keys[i];
    if (field.null_offset && key.bytes[*field.null_offset - KeyedTable::kHashBytes] != 0) continue;
    to.SetValid(column, at);
    const char* const from = key.bytes + field.offset - KeyedTable::kHashBytes;
    const size_t width = ByteWidth(field.type.physical());
    char* const value = to.Values<char>(column) + width * static_cast<size_t>(at);
    std::memcpy(value, from, width);
    if (!field.type.is_view()) continue;
    StringValue view;
    std::memcpy(&view, from, sizeof(view));
    view = arena_->Copy(view.view());
    std::memcpy(value, &view, sizeof(view));
  }
}

void StepWriter::EncodeFrameRow(int64_t time, std::string* bytes) const {
  bytes->clear();
  frame_codec_.Append(output_->batch(), frame_sources_, output_->row(), bytes);
  if (has_time_) {
    const size_t null_bytes = (frame_sources_.size() + 7) / 8;
    std::memcpy(bytes->data() + null_bytes, &time, sizeof(time));
  }
}

void StepWriter::Finish(int8_t bits, std::string_view left) {
  RecordBatch& to = output_->batch();
  const int32_t at = output_->row();
  if (left.data() != nullptr) {
    frame_codec_.Read(
        left, frame_targets_, [this](std::string_view value) { return arena_->Copy(value); }, &to,
        at);
  } else {
    // Views are looked at by whoever hands the batch on.
    for (const uint32_t column : left_views_) WriteNothing(column, to, at);
  }
  to.Values<int8_t>(steps_.size() - 1)[at] = bits;
  output_->Push(RowKind::kInsert, watermark_);
}

}  // namespace flinkc
