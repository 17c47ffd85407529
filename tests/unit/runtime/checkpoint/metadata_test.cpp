#include "runtime/checkpoint/metadata.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/support/simulated_file_system.h"
#include "tests/unit/runtime/checkpoint/sample_checkpoint.h"

namespace flinkc {
namespace {

bool Equal(const proto::CheckpointMetadata& a, const proto::CheckpointMetadata& b) {
  return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

// The bytes with the checksum that belongs to them.
std::string Sealed(std::string bytes) {
  const uint64_t checksum = XXH3_64bits(bytes.data(), bytes.size() - 12);
  std::memcpy(bytes.data() + bytes.size() - 12, &checksum, 8);
  return bytes;
}

TEST(Metadata, IsReadAsItWasWritten) {
  const Result<proto::CheckpointMetadata> read = DecodeMetadata(EncodeMetadata(SampleMetadata()));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(Equal(*read, SampleMetadata()));
}

TEST(Metadata, AnyFlippedBitAndAnyCutIsFound) {
  const std::string bytes = EncodeMetadata(SampleMetadata());
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      const auto read = DecodeMetadata(damaged);
      ASSERT_FALSE(read) << i;
      EXPECT_TRUE(read.error().code == ErrorCode::kCorrupt ||
                  (i >= 4 && i < 8 && read.error().code == ErrorCode::kUnsupported))
          << i << ": " << read.error().message;
    }
    ASSERT_FALSE(DecodeMetadata(bytes.substr(0, i))) << i;
  }
  EXPECT_FALSE(DecodeMetadata(bytes + "x"));
  EXPECT_FALSE(DecodeMetadata(std::string(bytes.size(), '\0')));
}

TEST(Metadata, AnotherVersionIsRefusedAndNotCalledDamaged) {
  std::string bytes = EncodeMetadata(SampleMetadata());
  const auto error_of_version = [&](char version) {
    bytes[4] = version;
    const auto read = DecodeMetadata(Sealed(bytes));
    EXPECT_FALSE(read);
    return read ? Error{} : read.error();
  };
  EXPECT_EQ(error_of_version(3).code, ErrorCode::kUnsupported);
  EXPECT_NE(error_of_version(3).message.find("format version 3, this flinkc reads up to 2"),
            std::string::npos);
  EXPECT_EQ(error_of_version(1).code, ErrorCode::kUnsupported);
  EXPECT_NE(error_of_version(1).message.find("format version 1, this flinkc reads from 2 on"),
            std::string::npos);
  bytes[4] = 0;
  EXPECT_EQ(DecodeMetadata(Sealed(bytes)).error().code, ErrorCode::kCorrupt);
}

// Whatever a body holds under a right checksum: an error or something that makes sense, no crash.
TEST(Metadata, NoBodyBringsItDown) {
  const std::string bytes = EncodeMetadata(SampleMetadata());
  std::mt19937_64 random(1);
  int read = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = bytes;
    for (uint64_t n = random() % 4 + 1; n > 0; --n) {
      damaged[16 + random() % (bytes.size() - 28)] = static_cast<char>(random());
    }
    read += DecodeMetadata(Sealed(damaged)).has_value();
  }
  EXPECT_GT(read, 100);  // a changed name is still a name
  EXPECT_LT(read, 15'000);
}

struct Mistake {
  const char* what;
  void (*make)(proto::CheckpointMetadata& metadata);
};

proto::SubtaskSnapshot& Subtask(proto::CheckpointMetadata& metadata, int index = 0) {
  return *metadata.mutable_vertices(1)->mutable_subtasks(index);
}
proto::StateSchema& SchemaOf(proto::CheckpointMetadata& metadata) {
  return *Subtask(metadata).mutable_states(0)->mutable_schema();
}
proto::StateSnapshot& State(proto::CheckpointMetadata& metadata) {
  return *Subtask(metadata).mutable_states(0);
}
proto::SegmentHandles& Segments(proto::CheckpointMetadata& metadata) {
  return *State(metadata).mutable_tables(0)->mutable_segments();
}

const Mistake kMistakes[] = {
    {"checkpoint ids", [](auto& m) { m.set_checkpoint_id(0); }},
    {"max_parallelism of 0", [](auto& m) { m.set_max_parallelism(0); }},
    {"max_parallelism of 40000", [](auto& m) { m.set_max_parallelism(40'000); }},
    {"two vertices", [](auto& m) { m.mutable_vertices(1)->set_name("flights"); }},
    {"without a name", [](auto& m) { m.mutable_vertices(0)->clear_name(); }},
    {"a parallelism of 3", [](auto& m) { m.mutable_vertices(0)->set_parallelism(3); }},
    {"3 subtasks", [](auto& m) { m.mutable_vertices(0)->add_subtasks(); }},
    {"key groups 0 to 128", [](auto& m) { Subtask(m).set_key_group_last(128); }},
    {"key group 63 belongs to two", [](auto& m) { Subtask(m, 1).set_key_group_first(63); }},
    {"without an id", [](auto& m) { Subtask(m).mutable_states(0)->clear_state_id(); }},
    {"two states", [](auto& m) { Subtask(m).add_item_states()->set_state_id("totals/aggregate"); }},
    {"leads out", [](auto& m) { m.mutable_files(0)->set_path("../x"); }},
    {"leads out", [](auto& m) { m.mutable_files(0)->set_path("/etc/passwd"); }},
    {"listed twice", [](auto& m) { m.mutable_files(0)->set_path(m.files(1).path()); }},
    {"comes from checkpoint 8", [](auto& m) { m.mutable_files(0)->set_created_by(8); }},
    {"not referred to",
     [](auto& m) {
       m.add_files()->set_path("shared/5-c.state");
       m.mutable_files(2)->set_created_by(5);
     }},
    {"not among the files", [](auto& m) { State(m).set_segment_files(0, "shared/5-z.state"); }},
    {"takes 401 bytes", [](auto& m) { Segments(m).set_length(0, 401); }},
    {"takes 400 bytes at 1", [](auto& m) { Segments(m).set_offset(0, 1); }},
    {"takes", [](auto& m) { Segments(m).set_offset(0, UINT64_MAX); }},
    {"holds 6 rows", [](auto& m) { Segments(m).set_rows(0, 6); }},
    {"a file that it does not name", [](auto& m) { Segments(m).set_file(0, 1); }},
    {"a part is missing", [](auto& m) { Segments(m).add_file(0); }},
    {"a part is missing", [](auto& m) { Segments(m).clear_offset(); }},
    {"a part is missing", [](auto& m) { Segments(m).add_length(1); }},
    {"a part is missing", [](auto& m) { Segments(m).clear_checksum(); }},
    {"a part is missing", [](auto& m) { Segments(m).add_rows(1); }},
    {"rows in flight lie in `x`", [](auto& m) { Subtask(m).mutable_in_flight()->set_file("x"); }},
    {"rows in flight take 3 bytes",
     [](auto& m) {
       Subtask(m).mutable_in_flight()->set_file(m.files(0).path());
       Subtask(m).mutable_in_flight()->set_length(3);
     }},
    {"rows of 0 bytes", [](auto& m) { SchemaOf(m).set_row_bytes(0); }},
    {"with a key of 73", [](auto& m) { SchemaOf(m).set_key_bytes(73); }},
    {"with a key of 4294967295", [](auto& m) { SchemaOf(m).set_key_bytes(UINT32_MAX); }},
    {"the bytes 0 to 16", [](auto& m) { SchemaOf(m).mutable_keys(0)->set_offset(0); }},
    {"the bytes 24 to 40", [](auto& m) { SchemaOf(m).mutable_keys(0)->set_offset(24); }},
    {"unaligned at byte 9", [](auto& m) { SchemaOf(m).mutable_keys(0)->set_offset(9); }},
    {"lie over each other", [](auto& m) { SchemaOf(m).mutable_keys(1)->set_offset(8); }},
    {"lie over each other", [](auto& m) { SchemaOf(m).mutable_keys(0)->set_null_offset(25); }},
    {"has no byte for NULL", [](auto& m) { SchemaOf(m).mutable_keys(0)->set_null_offset(0); }},
    {"has a byte for NULL", [](auto& m) { SchemaOf(m).mutable_keys(1)->set_null_offset(29); }},
    {"kind", [](auto& m) { SchemaOf(m).mutable_keys(0)->mutable_type()->set_kind(99); }},
    {"the bytes 32 to 4294967327",
     [](auto& m) { SchemaOf(m).mutable_accumulators(0)->set_bytes(UINT32_MAX); }},
    {"the bytes 24 to", [](auto& m) { SchemaOf(m).mutable_accumulators(0)->set_offset(24); }},
    {"lie over each other", [](auto& m) { SchemaOf(m).mutable_accumulators(0)->set_bytes(24); }},
    {"outside of itself",
     [](auto& m) { SchemaOf(m).mutable_accumulators(1)->set_blob_offsets(0, 32); }},
    {"unaligned at byte 52",
     [](auto& m) { SchemaOf(m).mutable_accumulators(1)->set_blob_offsets(0, 52); }},
    {"does not list its distinct set",
     [](auto& m) { SchemaOf(m).mutable_accumulators(1)->mutable_blob_offsets()->RemoveLast(); }},
    {"lie over each other",
     [](auto& m) { SchemaOf(m).mutable_accumulators(1)->add_blob_offsets(48); }},
};

TEST(Metadata, WhatMakesNoSenseIsNamed) {
  for (const Mistake& mistake : kMistakes) {
    proto::CheckpointMetadata metadata = SampleMetadata();
    mistake.make(metadata);
    const auto read = DecodeMetadata(EncodeMetadata(metadata));
    ASSERT_FALSE(read) << mistake.what;
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
    EXPECT_NE(read.error().message.find(mistake.what), std::string::npos)
        << mistake.what << " not in: " << read.error().message;
  }
}

// Gives every handle of a file below `message` one of its own, one element in each repeated field.
void FillSegments(google::protobuf::Message* message, std::set<std::string>* names) {
  if (auto* state = dynamic_cast<proto::StateSnapshot*>(message)) {
    state->add_segment_files("f" + std::to_string(names->size()));
    names->insert(state->segment_files(0));
    return;
  }
  if (auto* in_flight = dynamic_cast<proto::InFlight*>(message)) {
    in_flight->set_file("f" + std::to_string(names->size()));
    names->insert(in_flight->file());
    return;
  }
  if (auto* file = dynamic_cast<proto::StoreHandle::File*>(message)) {
    file->set_file("f" + std::to_string(names->size()));
    names->insert(file->file());
    return;
  }
  const google::protobuf::Descriptor* type = message->GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = type->field(i);
    // Types nest without end and hold no file.
    if (field->message_type() == nullptr || field->message_type()->name() == "DataType") continue;
    FillSegments(field->is_repeated() ? message->GetReflection()->AddMessage(message, field)
                                      : message->GetReflection()->MutableMessage(message, field),
                 names);
  }
}

// Flink once forgot a new kind of state handle when it registered shared files, and leaked them
// (FLINK-35784).
TEST(Metadata, NoReferenceToAFileIsForgotten) {
  proto::SubtaskSnapshot snapshot;
  std::set<std::string> names, visited;
  FillSegments(&snapshot, &names);
  ASSERT_EQ(names.size(), 3u);  // a segment, a file of a database, and rows in flight
  VisitFiles(snapshot, [&](const std::string& path) { visited.insert(path); });
  EXPECT_EQ(visited, names);
}

class MetadataFile : public ::testing::Test {
 protected:
  MetadataFile() { EXPECT_TRUE(files_.MakeDirectories("/job/chk-7")); }
  SimulatedFileSystem files_{1};
};

TEST_F(MetadataFile, IsThereAfterACrash) {
  const MetadataWrite written = WriteMetadata(files_, "/job/chk-7", SampleMetadata());
  EXPECT_EQ(written.outcome, MetadataOutcome::kDurable);
  files_.Restart();
  const auto read = ReadMetadata(files_, "/job/chk-7");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(Equal(*read, SampleMetadata()));
}

TEST_F(MetadataFile, ErrorsNameIt) {
  EXPECT_EQ(ReadMetadata(files_, "/job/chk-7").error().code, ErrorCode::kNotFound);
  ASSERT_EQ(WriteMetadata(files_, "/job/chk-7", SampleMetadata()).outcome,
            MetadataOutcome::kDurable);
  files_.FlipBits("/job/chk-7/_metadata", 100, 1);
  const auto read = ReadMetadata(files_, "/job/chk-7");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message,
            "cannot use /job/chk-7/_metadata: its checksum is wrong: it is damaged; restore from "
            "another checkpoint or savepoint");
}

// A crash before any step leaves no checkpoint or the whole one; only its last step may do either.
TEST_F(MetadataFile, ACrashLeavesAllOrNothing) {
  int whole = 0, nothing = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SimulatedFileSystem files(seed);
    ASSERT_TRUE(files.MakeDirectories("/chk-7"));
    files.CrashAfter(static_cast<int64_t>(seed % 6));
    const MetadataWrite written = WriteMetadata(files, "/chk-7", SampleMetadata());
    files.Restart();
    const auto read = ReadMetadata(files, "/chk-7");
    if (written.outcome == MetadataOutcome::kDurable) EXPECT_TRUE(read);
    if (written.outcome == MetadataOutcome::kNotWritten) EXPECT_FALSE(read);
    if (!read) EXPECT_EQ(read.error().code, ErrorCode::kNotFound) << read.error().message;
    ++(read ? whole : nothing);
  }
  EXPECT_GT(whole, 50);
  EXPECT_GT(nothing, 50);
}

// FLINK-22494: a write that was said to have failed had happened.
TEST_F(MetadataFile, ARenameThatFailedIsLookedInto) {
  std::set<MetadataOutcome> outcomes;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SimulatedFileSystem files(seed);
    ASSERT_TRUE(files.MakeDirectories("/chk-7"));
    files.SetFaults({.read_fails = 0.2, .sync_directory_fails = 0.2, .rename_unknown = 0.8});
    const MetadataWrite written = WriteMetadata(files, "/chk-7", SampleMetadata());
    outcomes.insert(written.outcome);
    EXPECT_EQ(written.error.has_value(), written.outcome != MetadataOutcome::kDurable);
    files.SetFaults({});
    files.Restart();
    const bool found = ReadMetadata(files, "/chk-7").has_value();
    if (written.outcome == MetadataOutcome::kDurable) EXPECT_TRUE(found);
    if (written.outcome == MetadataOutcome::kNotWritten) EXPECT_FALSE(found);
  }
  EXPECT_EQ(outcomes.size(), 3u);
}

TEST_F(MetadataFile, AFullDiskLeavesNothing) {
  files_.SetFaults({.capacity_bytes = 100});
  const MetadataWrite written = WriteMetadata(files_, "/job/chk-7", SampleMetadata());
  EXPECT_EQ(written.outcome, MetadataOutcome::kNotWritten);
  EXPECT_EQ(written.error->code, ErrorCode::kNoSpace);
  EXPECT_TRUE(files_.Files().empty());
}

TEST_F(MetadataFile, MissingAndShortFilesAreFound) {
  const proto::CheckpointMetadata metadata = SampleMetadata();
  ASSERT_TRUE(files_.MakeDirectories("/job/shared"));
  for (const auto& file : metadata.files()) {
    auto writer = files_.Create("/job/" + file.path());
    ASSERT_TRUE(writer && (*writer)->Append(std::string(400, 'x')));
  }
  EXPECT_TRUE(VerifyFiles(files_, "/job", metadata));
  files_.Truncate("/job/shared/5-b.state", 399);
  Status status = VerifyFiles(files_, "/job", metadata);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("5-b.state has 399 bytes, and checkpoint 7 wrote 400"),
            std::string::npos);
  ASSERT_TRUE(files_.Remove("/job/shared/5-a.state"));
  status = VerifyFiles(files_, "/job", metadata);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(status.error().message.find("5-a.state is missing"), std::string::npos);
  // What cannot be looked at is not corrupt.
  files_.SetFaults({.read_fails = 1});
  EXPECT_EQ(VerifyFiles(files_, "/job", metadata).error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace flinkc
