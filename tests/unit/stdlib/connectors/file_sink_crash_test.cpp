// A job with file sinks on a disk that loses what it may, killed between any two of its operations,
// gone on with from its last complete checkpoint: every row shows once, and nothing else is left.
#include <map>
#include <random>
#include <set>

#include "stdlib-operators/connectors/part_name.h"
#include "tests/support/simulated_file_system.h"
#include "tests/unit/stdlib/connectors/connector_fixture.h"

namespace flinkc {
namespace {

constexpr uint32_t kSubtasks = 2;
constexpr int64_t kRowsEach = 60;
constexpr int64_t kSubtaskRows = 1'000'000;  // ids of a subtask's rows begin at its multiple

Schema RowSchema() {
  return Schema({{"a", DataType(TypeKind::kBigint)}, {"b", DataType::String()}});
}

// The job's coordinator and sources as far as the sink sees them. What is in `complete` is durable;
// the rest dies with the process.
class SinkJob {
 public:
  SinkJob(uint64_t seed, SimulatedFileSystem* files) : random_(seed * 2 + 1), files_(files) {
    OptionMap options{{"path", "/out"}};
    overwrite_ = random_() % 2 == 0;
    options["mode"] = overwrite_ ? "overwrite" : "append";
    if (random_() % 2 == 0) options["partition_by.0"] = "b";
    if (random_() % 3 == 0) options["roll.size"] = "100";
    sink_ = MakeSink("file", options, "json");
    const std::string tags = OwnerTag("another job", "out") + "-0123456789abcdef.inprogress";
    foreign_ = {{"/out/.part-0-0.json." + tags, "{}\n"},
                {"/out/.part-0-0.json.inprogress", "a user's"},
                {"/out/.hidden", "h"},
                {"/out/notes.txt", "n"}};
    old_ = {{"/out/part-0-0.json", "old\n"},
            {"/out/part-1-1.json", "old\n"},
            {"/out/part-7-0.json", "old\n"}};
    EXPECT_TRUE(files_->MakeDirectories("/out"));
    for (const auto* given : {&foreign_, &old_}) {
      for (const auto& [path, bytes] : *given) {
        const auto file = files_->Create(path);
        EXPECT_TRUE((*file)->Append(bytes) && (*file)->Sync());
      }
    }
    EXPECT_TRUE(files_->SyncDirectory("/out"));
  }

  // From the last complete checkpoint to the end, or to the first error.
  Status RunAttempt() {
    const std::unique_ptr<SinkCommitter> committer = OpenCommitter(sink_, files_);
    RETURN_IF_ERROR(committer->Commit(complete_.units));
    // As the JobManager does: what cannot be removed now is removed later.
    static_cast<void>(committer->RemoveLeftovers(complete_.units, nullptr));
    std::vector<std::string> unconfirmed;
    std::vector<int64_t> positions = complete_.positions;
    clock_.nanos += 1'000'000;
    std::vector<std::unique_ptr<SinkWriter>> writers;
    for (uint32_t subtask = 0; subtask < kSubtasks; ++subtask) {
      SinkContext context = MakeSinkContext(sink_, RowSchema());
      context.files = files_;
      context.clock = &clock_;
      context.subtask = subtask;
      context.parallelism = kSubtasks;
      context.resumed = complete_.taken;
      ASSIGN_OR_RETURN(writers.emplace_back(),
                       FindConnector(StdConnectors(), "file")->make_writer(context));
    }
    bool ended = false;
    while (!ended) {
      for (uint32_t subtask = 0; subtask < kSubtasks; ++subtask) {
        RETURN_IF_ERROR(WriteSome(subtask, &positions[subtask], *writers[subtask]));
      }
      ended = positions == std::vector<int64_t>(kSubtasks, kRowsEach);
      for (const auto& writer : writers) {
        ASSIGN_OR_RETURN(std::string unit, writer->Seal());
        if (!unit.empty()) unconfirmed.push_back(std::move(unit));
      }
      for (const auto& writer : writers) RETURN_IF_ERROR(writer->Persist());
      // Some checkpoints are aborted for another's sake: the next one has their units as well.
      if (!ended && random_() % 4 == 0) continue;
      complete_ = {true, positions, unconfirmed};
      RETURN_IF_ERROR(committer->Commit(complete_.units));
      // Some notifications are lost: the next commit gets the same units again.
      if (random_() % 4 != 0) unconfirmed.clear();
    }
    RETURN_IF_ERROR(committer->RemoveLeftovers(complete_.units, nullptr));
    done_ = true;
    return {};
  }

  // At any instant: no row twice, none that no complete checkpoint has.
  void CheckVisible() const {
    const std::map<std::string, std::string> files = files_->Files();
    std::set<int64_t> seen;
    for (const auto& [path, bytes] : files) {
      if (!ParsePartName(FileNameOf(path)) || bytes == "old\n") continue;
      for (size_t at = 0; at < bytes.size();) {
        const size_t end = bytes.find('\n', at);
        ASSERT_NE(end, std::string::npos) << path << " ends within a row";
        const std::string line = bytes.substr(at, end - at);
        ASSERT_TRUE(line.starts_with("{\"a\":") && line.ends_with("\"}")) << path << ": " << line;
        const int64_t id = std::stoll(line.substr(5));
        ASSERT_TRUE(seen.insert(id).second) << "row " << id << " twice, in " << path;
        const auto subtask = static_cast<size_t>(id / kSubtaskRows);
        ASSERT_LT(id % kSubtaskRows, complete_.positions[subtask]) << "a row of no checkpoint";
        at = end + 1;
      }
    }
    for (const auto& [path, bytes] : foreign_) {
      ASSERT_TRUE(files.contains(path)) << path << " is gone";
      ASSERT_EQ(files.at(path), bytes);
    }
    if (!overwrite_ || !complete_.taken) {
      for (const auto& [path, bytes] : old_) {
        ASSERT_TRUE(files.contains(path)) << path << " is gone";
        ASSERT_EQ(files.at(path), bytes);
      }
    }
    if (!done_) return;
    ASSERT_EQ(seen.size(), static_cast<size_t>(kSubtasks * kRowsEach));
    for (const auto& [path, bytes] : files) {
      ASSERT_TRUE(ParsePartName(FileNameOf(path)) || foreign_.contains(path)) << path << " is left";
      if (overwrite_) {
        ASSERT_NE(bytes, "old\n") << path << " was to be replaced";
      }
    }
  }
  bool done() const { return done_; }

 private:
  struct Complete {
    bool taken = false;
    std::vector<int64_t> positions = std::vector<int64_t>(kSubtasks, 0);
    std::vector<std::string> units;
  };

  Status WriteSome(uint32_t subtask, int64_t* position, SinkWriter& writer) {
    std::vector<ValueList> rows;
    for (uint64_t more = random_() % 20; more > 0 && *position < kRowsEach; --more, ++*position) {
      const int64_t id = subtask * kSubtaskRows + *position;
      rows.push_back({Value{id}, Value{"p" + std::to_string(id % 3)}});
    }
    return rows.empty() ? Status() : writer.Write(MakeBatch(RowSchema(), rows));
  }

  std::mt19937_64 random_;
  SimulatedFileSystem* const files_;
  TestClock clock_;
  SinkDescriptor sink_;
  bool overwrite_ = false;
  bool done_ = false;
  std::map<std::string, std::string> foreign_, old_;
  Complete complete_;
};

// An attempt whose operation number `steps` is the last: of the process, of the machine, or one
// that fails with the process living on.
enum class Fault { kProcessDies, kMachineDies, kIoError, kDiskFull };

void RunWithFault(SinkJob& job, SimulatedFileSystem& files, Fault fault, int64_t steps) {
  if (fault == Fault::kIoError) files.FailAfter(steps, ErrorCode::kIo);
  if (fault == Fault::kDiskFull) files.FailAfter(steps, ErrorCode::kNoSpace);
  if (fault == Fault::kProcessDies || fault == Fault::kMachineDies) files.CrashAfter(steps);
  static_cast<void>(job.RunAttempt());
  if (fault == Fault::kMachineDies) {
    files.Restart();
  } else {
    files.RestartWithoutLoss();
  }
}

TEST(FileSinkCrash, AnySeedShowsEveryRowOnce) {
  size_t faults = 0;
  for (uint64_t seed = 0; seed < 600; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    SimulatedFileSystem files(seed);
    SinkJob job(seed, &files);
    std::mt19937_64 random(seed);
    for (uint64_t left = 1 + random() % 6; left > 0 && !job.done(); --left, ++faults) {
      RunWithFault(job, files, static_cast<Fault>(random() % 4),
                   static_cast<int64_t>(random() % 120));
      ASSERT_NO_FATAL_FAILURE(job.CheckVisible());
    }
    if (!job.done()) {
      const Status status = job.RunAttempt();
      ASSERT_TRUE(status) << status.error().message;
    }
    ASSERT_NO_FATAL_FAILURE(job.CheckVisible());
  }
  EXPECT_GT(faults, 1'000u);
}

// One row into a directory that is new on the disk, partition and all.
Status WriteOneRow(SimulatedFileSystem* files, TestClock* clock) {
  const SinkDescriptor sink = MakeSink(
      "file",
      {{"path", "/a/b/out"}, {"mode", "append"}, {"partition_by.0", "b"}, {"partition_by.1", "a"}},
      "json");
  clock->nanos += 1'000'000;
  SinkContext context = MakeSinkContext(sink, RowSchema());
  context.files = files;
  context.clock = clock;
  ASSIGN_OR_RETURN(const auto writer, FindConnector(StdConnectors(), "file")->make_writer(context));
  RETURN_IF_ERROR(writer->Write(MakeBatch(RowSchema(), {{Value{int64_t{1}}, Value{"x"}}})));
  ASSIGN_OR_RETURN(const std::string unit, writer->Seal());
  RETURN_IF_ERROR(writer->Persist());
  return OpenCommitter(sink, files)->Commit({unit});
}

TEST(FileSinkCrash, WhatIsCommittedLastsBelowADirectoryThatAFailedAttemptMade) {
  for (int64_t step = 0; step < 30; ++step) {
    for (uint64_t seed = 0; seed < 4; ++seed) {
      SCOPED_TRACE(fmt::format("step {} seed {}", step, seed));
      SimulatedFileSystem files(seed);
      TestClock clock;
      files.FailAfter(step, ErrorCode::kIo);
      if (!WriteOneRow(&files, &clock)) {
        const Status again = WriteOneRow(&files, &clock);
        ASSERT_TRUE(again) << again.error().message;
      }
      files.Restart();
      size_t rows = 0;
      for (const auto& [path, bytes] : files.Files()) {
        if (ParsePartName(FileNameOf(path))) rows += bytes.empty() ? 0 : 1;
      }
      EXPECT_GE(rows, 1u);
    }
  }
}

TEST(FileSinkCrash, EveryOperationOfARunIsSurvived) {
  for (uint64_t seed = 0; seed < 8; ++seed) {
    for (const Fault fault :
         {Fault::kProcessDies, Fault::kMachineDies, Fault::kIoError, Fault::kDiskFull}) {
      int64_t step = 0;
      for (bool reached = true; reached; ++step) {
        SCOPED_TRACE(
            fmt::format("seed {}, fault {} at step {}", seed, static_cast<int>(fault), step));
        SimulatedFileSystem files(seed);
        SinkJob job(seed, &files);
        RunWithFault(job, files, fault, step);
        ASSERT_NO_FATAL_FAILURE(job.CheckVisible());
        reached = !job.done();
        if (!job.done()) {
          const Status status = job.RunAttempt();
          ASSERT_TRUE(status) << status.error().message;
        }
        ASSERT_NO_FATAL_FAILURE(job.CheckVisible());
      }
      EXPECT_GT(step, 50);
    }
  }
}

}  // namespace
}  // namespace flinkc
