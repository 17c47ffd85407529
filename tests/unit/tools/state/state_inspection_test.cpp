// What `flinkc state` shows of a checkpoint that was laid out by hand; and that it shows something
// or says what is wrong whatever stands in the files, also behind checksums that fit.
#include <gmock/gmock.h>
#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>
#include <xxhash.h>

#include <cstddef>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "runtime/abi/hash.h"
#include "runtime/abi/string_value.h"
#include "runtime/checkpoint/metadata.h"
#include "runtime/checkpoint/state_schema_proto.h"
#include "runtime/data/type_proto.h"
#include "runtime/data/value.h"
#include "runtime/state/keyed_rows.h"
#include "runtime/state/row_codec.h"
#include "runtime/state/row_translation.h"
#include "runtime/state/segment.h"
#include "stdlib-operators/kernels/aggregate.h"
#include "stdlib-operators/kernels/aggregate_choice.h"
#include "stdlib-operators/kernels/aggregate_statistics.h"
#include "tests/fuzz/mutate_message.h"
#include "tests/support/simulated_file_system.h"
#include "tools/state/state_list.h"
#include "tools/state/state_path.h"
#include "tools/state/state_rows.h"
#include "tools/state/text_table.h"

namespace flinkc {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kDirectory = "/ckpt/sample/chk-3";
const std::string kFile = "shared/3-a.state";

StateSchema::Accumulator Accumulator(const std::string& call, const std::string& kind,
                                     std::vector<DataType> arguments, DataType result,
                                     uint32_t offset, uint32_t bytes) {
  StateSchema::Accumulator accumulator;
  accumulator.name = accumulator.call = call;
  accumulator.kind = kind;
  accumulator.argument_types = std::move(arguments);
  accumulator.result_type = std::move(result);
  accumulator.offset = offset;
  accumulator.bytes = bytes;
  return accumulator;
}

StateSchema SampleSchema() {
  const DataType integer(TypeKind::kInt), bigint(TypeKind::kBigint), text(TypeKind::kString);
  StateSchema schema;
  schema.key_bytes = 48;
  schema.row_bytes = 152;
  schema.keys = {{"k", integer.NotNull(), 8, std::nullopt},
                 {"name", text, 16, 12},
                 {"at", DataType::Timestamp(3, false), 32, std::nullopt},
                 {"price", DataType::Decimal(10, 2, false), 40, std::nullopt}};
  schema.accumulators = {
      Accumulator("count(*)", "flinkc_count_star", {}, bigint.NotNull(), 56, 8),
      Accumulator("sum(x)", "flinkc_sum_i64", {bigint}, bigint, 64, sizeof(LongSumState)),
      Accumulator("min(name)", "flinkc_min_text", {text}, text, 88, sizeof(TextExtremeState)),
      Accumulator("avg(k) FILTER (WHERE x > 1)", "flinkc_sum_i32", {integer}, integer, 112,
                  sizeof(IntegerSumState)),
      Accumulator("stddev_pop(x)", "flinkc_variance", {bigint}, bigint, 128, 24)};
  schema.accumulators[2].blob_offsets = {88};
  return schema;
}

template <typename T>
void Put(std::string* row, size_t offset, const T& value) {
  std::memcpy(row->data() + offset, &value, sizeof(value));
}

std::string SampleRow(int32_t k, std::string_view name, int64_t rows, Int128 sum) {
  std::string row(152, '\0');
  Put(&row, 0, HashInteger(k));
  Put(&row, 8, k);
  if (name.empty()) {
    row[12] = 1;
  } else {
    Put(&row, 16, MakeStringValue(name.data(), static_cast<uint32_t>(name.size())));
  }
  Put(&row, 32, int64_t{1'700'000'000'123'000});
  Put(&row, 40, Int128{-12345});
  Put(&row, 56, CountState{rows});
  LongSumState total{};
  flinkc_sum_i64(nullptr, nullptr, &total, 0);
  total.low = static_cast<uint64_t>(sum);
  total.high = static_cast<int64_t>(sum >> 64);
  Put(&row, 64, total);
  TextExtremeState least{};
  least.seen = !name.empty();
  least.text = {const_cast<char*>(name.data()), static_cast<uint32_t>(name.size()), 0};
  Put(&row, 88, least);
  Put(&row, 112, IntegerSumState{-7, rows});
  return row;
}

class StateInspectionTest : public testing::Test {
 protected:
  StateInspectionTest() {
    const std::string rows =
        SampleRow(1, "a name that is longer than a view", 2, 40) + SampleRow(-2, "", 0, 1);
    StateLayout layout = LayoutOf(SampleSchema());
    AppendSegment(layout, rows.data(), 2, &segment_);
    proto::VertexSnapshot* vertex = metadata_.add_vertices();
    metadata_.set_checkpoint_id(3);
    metadata_.set_job_name("sample");
    metadata_.set_max_parallelism(128);
    metadata_.set_completed_at(1'700'000'000'123);
    metadata_.set_spec("flinkc: 1\n");
    vertex->set_name("sums");
    vertex->set_parallelism(1);
    proto::SubtaskSnapshot* subtask = vertex->add_subtasks();
    subtask->set_key_group_last(127);
    proto::StateSnapshot* state = subtask->add_states();
    state->set_state_id("sums/aggregate");
    *state->mutable_schema() = ToProto(SampleSchema(), std::nullopt);
    state->add_segment_files(kFile);
    proto::SegmentHandles* segments = state->add_tables()->mutable_segments();
    segments->add_file(0);
    segments->add_offset(0);
    segments->add_length(0);
    segments->add_checksum(0);
    segments->add_rows(2);
    proto::CheckpointMetadata::File* file = metadata_.add_files();
    file->set_path(kFile);
    file->set_created_by(3);
    proto::VertexSnapshot* source = metadata_.add_vertices();
    source->set_name("in");
    source->set_source("in");
    source->set_parallelism(1);
    proto::SplitState* split = source->add_subtasks()->add_splits();
    split->set_id("0001");
    split->set_position(std::string("\1\7\0\0\0\0\0\0\0", 9));
    proto::SealedOutput* sealed = subtask->add_sealed();
    sealed->set_sink("out");
    sealed->set_unit("what a sink says");
  }

  // A checkpoint of these bytes, whose sizes and checksums fit.
  void Write(proto::CheckpointMetadata metadata, const std::string& segment) {
    WriteFile("/ckpt/sample/" + kFile, segment);
    for (auto& vertex : *metadata.mutable_vertices()) {
      for (auto& subtask : *vertex.mutable_subtasks()) {
        for (auto& state : *subtask.mutable_states()) {
          for (auto& table : *state.mutable_tables()) {
            auto& segments = *table.mutable_segments();
            for (uint64_t& length : *segments.mutable_length()) {
              if (length == 0) length = segment.size();
            }
            for (uint64_t& checksum : *segments.mutable_checksum()) {
              checksum = XXH3_64bits(segment.data(), segment.size());
            }
          }
        }
      }
    }
    for (auto& file : *metadata.mutable_files()) {
      if (file.size_bytes() == 0) file.set_size_bytes(segment.size());
    }
    WriteFile(kDirectory + "/_metadata", EncodeMetadata(metadata));
  }
  void WriteFile(const std::string& path, const std::string& bytes) {
    ASSERT_TRUE(files_.MakeDirectories(path.substr(0, path.rfind('/'))));
    auto file = files_.Create(path);
    ASSERT_TRUE(file && (*file)->Append(bytes) && (*file)->Close());
  }
  Result<std::vector<std::string>> Rows(const InspectOptions& options = {}) {
    std::vector<std::string> rows;
    ASSIGN_OR_RETURN(StateAtPath state, FindState(files_, kDirectory));
    ASSIGN_OR_RETURN(const CheckpointAtPath checkpoint, NewestOf(std::move(state), kDirectory));
    ASSIGN_OR_RETURN(const bool more,
                     InspectRows(files_, checkpoint, options, [&](const InspectedRow& row) {
                       rows.push_back(RowJson(row));
                       return Status();
                     }));
    if (more) rows.push_back("more");
    return rows;
  }

  SimulatedFileSystem files_{1};
  proto::CheckpointMetadata metadata_;
  std::string segment_;
};

TEST_F(StateInspectionTest, ShowsRows) {
  Write(metadata_, segment_);
  const auto rows = Rows();
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_THAT(
      *rows,
      ElementsAre(
          HasSubstr(
              R"json("key":{"k":1,"name":"a name that is longer than a view",)json"
              R"json("at":"2023-11-14 22:13:20.123","price":-123.45},"values":{"count(*)":2,)json"
              R"json("sum(x)":40,"min(name)":"a name that is longer than a view",)json"
              R"json("avg(k) FILTER (WHERE x > 1)":-3,)json"
              R"json("stddev_pop(x)":{"kind":"flinkc_variance","bytes":24}}})json"),
          HasSubstr(R"json("key":{"k":-2,"name":null,)json"
                    R"json("at":"2023-11-14 22:13:20.123","price":-123.45},)json"
                    R"json("values":{"count(*)":0,"sum(x)":1,"min(name)":null,)json"
                    R"json("avg(k) FILTER (WHERE x > 1)":null,)json")));
  EXPECT_THAT(Rows({.limit = 1}).value(), ElementsAre(HasSubstr("\"k\":1"), "more"));
  EXPECT_EQ(Rows({.state_id = "other"}).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(StateInspectionTest, Lists) {
  Write(metadata_, segment_);
  const auto state = FindState(files_, kDirectory);
  ASSERT_TRUE(state) << state.error().message;
  const std::string text = ListText(*state).value();
  for (const char* line :
       {"checkpoint 3 of the job `sample`", "2023-11-14 22:13:20.123 UTC", "sums/aggregate     2",
        "0-127 of 128", "k INT NOT NULL, name STRING", "in      0001   7", "out"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(ListJson(*state).value(), HasSubstr("what a sink says"));
}

TEST_F(StateInspectionTest, WhatCannotBeTrustedIsNotAsked) {
  // A count below 0 is no state that an average ever has; dividing by it could end the process.
  std::string row = SampleRow(1, "", -1, 0);
  Put(&row, 112, IntegerSumState{INT64_MIN, -1});
  std::string segment;
  AppendSegment(LayoutOf(SampleSchema()), row.data(), 1, &segment);
  metadata_.mutable_vertices(0)
      ->mutable_subtasks(0)
      ->mutable_states(0)
      ->mutable_tables(0)
      ->mutable_segments()
      ->set_rows(0, 1);
  Write(metadata_, segment);
  const auto rows = Rows();
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_THAT(
      *rows, ElementsAre(HasSubstr(
                 R"json("avg(k) FILTER (WHERE x > 1)":{"kind":"flinkc_sum_i32","bytes":16})json")));
}

// A state with the key `k` and one accumulator of each kind that keeps more than a number.
StateSchema OtherSchema() {
  const DataType integer(TypeKind::kInt), bigint(TypeKind::kBigint), text(TypeKind::kString),
      real(TypeKind::kDouble), boolean(TypeKind::kBoolean);
  StateSchema schema;
  schema.key_bytes = 8;
  schema.row_bytes = 216;
  schema.keys = {{"k", integer.NotNull(), 8, std::nullopt}};
  schema.accumulators = {
      Accumulator("stddev_pop(x)", "flinkc_variance", {real}, real, 16, sizeof(VarianceState)),
      Accumulator("first_value(name)", "flinkc_first_value_text", {text}, text, 40,
                  sizeof(FirstState)),
      Accumulator("max_by(n, k)", "flinkc_max_by_i64_i64", {bigint, integer}, bigint, 64,
                  sizeof(ChoiceState)),
      Accumulator("bool_or(b)", "flinkc_bool_or", {boolean}, boolean, 104, sizeof(TruthState)),
      Accumulator("approx_count_distinct(k)", "flinkc_sketch_i32", {integer}, bigint.NotNull(), 112,
                  sizeof(SketchState)),
      Accumulator("listagg(name)", "flinkc_listagg", {text}, text, 136, sizeof(ListState)),
      Accumulator("percentile(x, 0.5)", "flinkc_percentile", {real, real}, real, 160,
                  sizeof(PercentileState))};
  for (const size_t with_blob : {1u, 4u, 5u, 6u}) {
    schema.accumulators[with_blob].blob_offsets = {schema.accumulators[with_blob].offset};
  }
  return schema;
}

std::string OtherRow() {
  static const std::string kName = "the first name of all";
  static const std::string kList = ",a,b";
  static const uint64_t kHashes[3] = {1, 2, 3};
  static const double kValues[2] = {1, 2};
  std::string row(216, '\0');
  Put(&row, 0, HashInteger(1));
  Put(&row, 8, int32_t{1});
  Put(&row, 16, VarianceState{2, 1.5, 4.5});
  const auto blob = [](const void* bytes, size_t size) {
    return StateBlob{const_cast<char*>(static_cast<const char*>(bytes)),
                     static_cast<uint32_t>(size), 0};
  };
  FirstState first{};
  const StateBlob name = blob(kName.data(), kName.size());
  std::memcpy(&first.value, &name, sizeof(name));
  first.seen = true;
  Put(&row, 40, first);
  Put(&row, 64, ChoiceState{{{77, 0}}, {{5, 0}}, true, true});
  Put(&row, 104, TruthState{true, true});
  Put(&row, 112, SketchState{blob(kHashes, sizeof(kHashes)), false});
  Put(&row, 136, ListState{blob(kList.data(), kList.size()), 1, true});
  Put(&row, 160, PercentileState{blob(kValues, sizeof(kValues))});
  return row;
}

TEST_F(StateInspectionTest, ShowsWhatOtherAggregatesGiveUnlessTheirBytesAreNone) {
  proto::SubtaskSnapshot& subtask = *metadata_.mutable_vertices(0)->mutable_subtasks(0);
  proto::StateSnapshot& state = *subtask.mutable_states(0);
  *state.mutable_schema() = ToProto(OtherSchema(), std::nullopt);
  state.mutable_tables(0)->mutable_segments()->set_rows(0, 1);
  const auto show = [&](const std::string& row) {
    std::string segment;
    AppendSegment(LayoutOf(OtherSchema()), row.data(), 1, &segment);
    state.mutable_tables(0)->mutable_segments()->set_length(0, 0);
    Write(metadata_, segment);
    const auto rows = Rows();
    EXPECT_TRUE(rows) << rows.error().message;
    return rows ? rows->at(0) : "";
  };
  EXPECT_THAT(
      show(OtherRow()),
      HasSubstr(
          R"json("stddev_pop(x)":1.5,"first_value(name)":"the first name of all",)json"
          R"json("max_by(n, k)":77,"bool_or(b)":true,"approx_count_distinct(k)":3,)json"
          R"json("listagg(name)":"a,b","percentile(x, 0.5)":{"kind":"flinkc_percentile",)json"));
  // What no kernel ever writes, and none is to be given.
  std::string bad = OtherRow();
  Put(&bad, 16, VarianceState{-1, 0, 0});
  bad[40 + offsetof(FirstState, seen)] = 2;
  bad[64 + offsetof(ChoiceState, value_valid)] = 3;
  bad[104] = 7;
  bad[112 + offsetof(SketchState, dense)] = 1;  // of 24 bytes
  Put(&bad, 136 + offsetof(ListState, first_separator), uint32_t{5});
  const std::string shown = show(bad);
  for (const char* kind : {"flinkc_variance", "flinkc_first_value_text", "flinkc_max_by_i64_i64",
                           "flinkc_bool_or", "flinkc_sketch_i32", "flinkc_listagg"}) {
    EXPECT_THAT(shown, HasSubstr(std::string("{\"kind\":\"") + kind));
  }
}

TEST_F(StateInspectionTest, ShowsTheRowsOfListsAndMultisets) {
  const Schema key({{"k", DataType(TypeKind::kBigint, false)}});
  const DataType texts = DataType::Array(DataType::String());
  const Schema columns(
      {{"n", DataType(TypeKind::kInt)}, {"word", DataType::String()}, {"tags", texts}});
  const std::string tags = FlatBytes(texts, Value{ValueList{Value{std::string("red")}, Value{}}});
  for (const StateKind kind : {StateKind::kList, StateKind::kMultiset}) {
    const StateLayout layout = RowsLayout("join/left", kind, key, columns);
    const RowCodec codec(columns);
    std::string blob;
    const int32_t number = 7;
    for (const uint32_t count : {1u, 3u}) {
      std::string row;
      codec.AppendCells({{false, {reinterpret_cast<const char*>(&number), sizeof(number)}},
                         {count == 1, "a word of more than twelve bytes"},
                         {false, count == 1 ? tags : "no array"}},
                        &row);
      const uint32_t header[2] = {static_cast<uint32_t>(row.size()), count};
      blob.append(reinterpret_cast<const char*>(header), kind == StateKind::kMultiset ? 8 : 4);
      blob += row;
    }
    std::string row(layout.row_bytes, '\0');
    Put(&row, 0, HashInteger(42));
    Put(&row, 8, int64_t{42});
    Put(&row, layout.schema.rows_offset,
        StateBlob{blob.data(), static_cast<uint32_t>(blob.size()), 0});
    std::string segment;
    AppendSegment(layout, row.data(), 1, &segment);
    proto::StateSnapshot& state =
        *metadata_.mutable_vertices(0)->mutable_subtasks(0)->mutable_states(0);
    *state.mutable_schema() = ToProto(layout.schema, std::nullopt);
    state.mutable_tables(0)->mutable_segments()->set_rows(0, 1);
    state.mutable_tables(0)->mutable_segments()->set_length(0, 0);
    Write(metadata_, segment);
    const auto rows = Rows();
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_THAT(*rows, ElementsAre(HasSubstr(
                           kind == StateKind::kList
                               ? R"json("key":{"k":42},"values":{"rows":[{"n":7,"word":null,)json"
                                 R"json("tags":["red",null]},)json"
                                 R"json({"n":7,"word":"a word of more than twelve bytes",)json"
                                 R"json("tags":{"bytes":8}}]}})json"
                               : R"json("values":{"rows":[{"count":1,"row":{"n":7,"word":null,)json"
                                 R"json("tags":["red",null]}},)json"
                                 R"json({"count":3,"row":{"n":7,"word":"a word of more)json")));
  }
}

TEST_F(StateInspectionTest, DamageBehindTheChecksumsIsSurvived) {
  const google::protobuf::LogSilencer silencer;  // names that are not UTF-8
  // --gtest_shuffle --gtest_random_seed=N draws others.
  std::mt19937_64 random(static_cast<uint64_t>(testing::UnitTest::GetInstance()->random_seed()));
  int read = 0;
  int refused = 0;
  for (int round = 0; round < 4000; ++round) {
    proto::CheckpointMetadata metadata = metadata_;
    std::string segment = segment_;
    if (round % 2 == 0) {
      std::string bytes(1 + random() % 24, '\0');
      for (char& c : bytes) c = static_cast<char>(random());
      Choices choices(bytes);
      MessageMutator mutator(&choices);
      do mutator.Mutate(&metadata);
      while (!choices.is_empty());
    }
    for (uint64_t flips = random() % 4; flips > 0; --flips) {
      segment[random() % segment.size()] = static_cast<char>(random());
    }
    Write(metadata, segment);
    const auto state = FindState(files_, kDirectory);
    for (const auto list : {ListText, ListJson}) {
      if (!state) break;
      const Result<std::string> listed = list(*state);
      EXPECT_FALSE(listed ? listed->empty() : listed.error().message.empty());
    }
    const auto rows = Rows();
    (rows ? read : refused) += 1;
    if (!rows) EXPECT_FALSE(rows.error().message.empty());
  }
  // Neither is all there is.
  EXPECT_GT(read, 400);
  EXPECT_GT(refused, 400);
}

TEST(TextTable, AlignsAndNumbersAreRead) {
  TextTable table({{"name"}, {"rows", Align::kRight}});
  table.Add({"ä", "1"});
  table.Add({"long", "1,000"});
  EXPECT_EQ(table.Text(" "), " name   rows\n ä         1\n long  1,000\n");
  EXPECT_EQ(HumanBytes(0), "0 B");
  EXPECT_EQ(HumanBytes(1023), "1023 B");
  EXPECT_EQ(HumanBytes(1024), "1.0 KiB");
  EXPECT_EQ(HumanBytes(uint64_t{340} << 20), "340 MiB");
  EXPECT_EQ(HumanBytes((uint64_t{1} << 30) - 1), "1.0 GiB");
  EXPECT_EQ(WithThousands(1234567), "1,234,567");
}

}  // namespace
}  // namespace flinkc
