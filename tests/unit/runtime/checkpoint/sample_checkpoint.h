// A small, valid checkpoint: a source of two subtasks, an aggregate of two with a file each.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/checkpoint/checkpoint.pb.h"
#include "runtime/data/type_proto.h"

namespace flinkc {

// Two keys (a STRING that may be NULL, an INT), a sum and a listagg with a distinct set beside it.
inline proto::StateSchema SampleSchema() {
  proto::StateSchema schema;
  schema.set_row_bytes(80);
  schema.set_key_bytes(24);
  proto::StateKeyField* key = schema.add_keys();
  key->set_name("carrier");
  *key->mutable_type() = ToProto(DataType(TypeKind::kString));
  key->set_offset(8);
  key->set_null_offset(28);
  key = schema.add_keys();
  key->set_name("day");
  *key->mutable_type() = ToProto(DataType(TypeKind::kInt, false));
  key->set_offset(24);
  proto::StateAccumulator* accumulator = schema.add_accumulators();
  accumulator->set_name("total");
  accumulator->set_call("sum(price)");
  accumulator->set_kind("sum_bigint");
  *accumulator->add_argument_types() = ToProto(DataType(TypeKind::kBigint));
  *accumulator->mutable_result_type() = ToProto(DataType(TypeKind::kBigint));
  accumulator->set_offset(32);
  accumulator->set_bytes(16);
  accumulator = schema.add_accumulators();
  accumulator->set_name("names");
  accumulator->set_call("listagg(DISTINCT name)");
  accumulator->set_kind("listagg");
  *accumulator->add_argument_types() = ToProto(DataType(TypeKind::kString));
  *accumulator->mutable_result_type() = ToProto(DataType(TypeKind::kString));
  accumulator->set_offset(48);
  accumulator->set_bytes(16);
  accumulator->add_blob_offsets(48);
  accumulator->add_blob_offsets(64);
  accumulator->set_distinct_offset(64);
  return schema;
}

// A table of one segment, all of `file`.
inline void AddSampleTable(const std::string& file, uint64_t length, proto::StateSnapshot* state) {
  proto::SegmentHandles* segments = state->add_tables()->mutable_segments();
  segments->add_file(static_cast<uint32_t>(state->segment_files_size()));
  segments->add_offset(0);
  segments->add_length(length);
  segments->add_checksum(0);
  segments->add_rows(length / 80);
  state->add_segment_files(file);
}

// The state `totals` in one segment of `file`.
inline proto::StateSnapshot SampleState(const std::string& file, uint64_t length = 400) {
  proto::StateSnapshot state;
  state.set_state_id("totals/aggregate");
  *state.mutable_schema() = SampleSchema();
  AddSampleTable(file, length, &state);
  return state;
}

inline proto::CheckpointMetadata SampleMetadata(uint64_t id = 7) {
  proto::CheckpointMetadata metadata;
  metadata.set_checkpoint_id(id);
  metadata.set_job_id("0123456789abcdef");
  metadata.set_job_name("sample");
  metadata.set_max_parallelism(128);
  proto::VertexSnapshot* source = metadata.add_vertices();
  source->set_name("flights");
  source->set_parallelism(2);
  for (int i = 0; i < 2; ++i) {
    proto::ItemState* splits = source->add_subtasks()->add_item_states();
    splits->set_state_id("flights/source");
    splits->add_items()->set_id("split-" + std::to_string(i));
  }
  source->add_unassigned_splits()->set_id("split-9");
  proto::VertexSnapshot* aggregate = metadata.add_vertices();
  aggregate->set_name("totals");
  aggregate->set_parallelism(2);
  for (uint32_t i = 0; i < 2; ++i) {
    proto::SubtaskSnapshot* subtask = aggregate->add_subtasks();
    subtask->set_key_group_first(i * 64);
    subtask->set_key_group_last(i * 64 + 63);
    const std::string path = "shared/5-" + std::string(1, static_cast<char>('a' + i)) + ".state";
    *subtask->add_states() = SampleState(path);
    proto::CheckpointMetadata::File* file = metadata.add_files();
    file->set_path(path);
    file->set_size_bytes(400);
    file->set_created_by(5);
  }
  return metadata;
}

}  // namespace flinkc
