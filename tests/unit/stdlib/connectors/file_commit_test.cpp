// Sealed units, what a committer makes of them, and what it leaves alone.
#include <atomic>
#include <random>
#include <thread>

#include "stdlib-operators/connectors/part_name.h"
#include "stdlib-operators/connectors/sealed_unit.h"
#include "tests/support/simulated_file_system.h"
#include "tests/unit/stdlib/connectors/connector_fixture.h"

namespace flinkc {
namespace {

using Names = std::vector<std::string>;

constexpr std::string_view kTags = ".0123456789abcdef-fedcba9876543210.inprogress";

Schema TwoColumns() { return Schema({{"a", DataType(TypeKind::kInt)}, {"b", DataType::String()}}); }

std::string UnitOf(const std::string& directory, const std::string& name, int64_t size) {
  return EncodeSealedUnit(
      {{{directory + "." + name + std::string(kTags), directory + name, size}}, {}});
}

TEST(SealedUnit, SaysWhatItWasGiven) {
  const SealedUnit unit{
      {{"b=\xFF %\"\\\n/.part-0-1.csv" + std::string(kTags), "b=\xFF %\"\\\n/part-0-1.csv", 17},
       {".part-3-0.csv.gz" + std::string(kTags), "part-3-0.csv.gz", 0}},
      {{"x/part-0-9.csv", INT64_MAX}}};
  const std::string bytes = EncodeSealedUnit(unit);
  EXPECT_EQ(bytes.find_first_of("\xFF\n\\"), std::string::npos) << bytes;
  const Result<SealedUnit> back = DecodeSealedUnit(bytes);
  ASSERT_TRUE(back) << back.error().message;
  ASSERT_EQ(back->files.size(), 2u);
  EXPECT_EQ(back->files[0].unfinished, unit.files[0].unfinished);
  EXPECT_EQ(back->files[0].final_path, unit.files[0].final_path);
  EXPECT_EQ(back->files[0].size_bytes, 17);
  ASSERT_EQ(back->replaced.size(), 1u);
  EXPECT_EQ(back->replaced[0].path, "x/part-0-9.csv");
  EXPECT_EQ(back->replaced[0].size_bytes, INT64_MAX);
  EXPECT_EQ(EncodeSealedUnit(*back), bytes);
}

TEST(SealedUnit, NoPathLeavesTheDirectory) {
  const std::string nul("a\0/", 3);
  for (const std::string& directory :
       {std::string("../"), std::string("a/../../"), std::string("/etc/"), std::string("./"),
        std::string("a//"), std::string("a/./"), nul}) {
    const Result<SealedUnit> unit = DecodeSealedUnit(UnitOf(directory, "part-0-0.csv", 1));
    ASSERT_FALSE(unit) << directory;
    EXPECT_EQ(unit.error().code, ErrorCode::kCorrupt);
  }
  ASSERT_TRUE(DecodeSealedUnit(UnitOf("a/b/", "part-0-0.csv", 1)));
  const std::string tags(kTags);
  const SealedUnit bad[] = {
      {{{".part-0-0.csv" + tags, "part-0-1.csv", 1}}, {}},      // another name
      {{{".part-0-0.csv" + tags, "a/part-0-0.csv", 1}}, {}},    // another directory
      {{{"notes.txt", "part-0-0.csv", 1}}, {}},                 // a user's file
      {{{".part-0-0.csv.inprogress", "part-0-0.csv", 1}}, {}},  // nobody's
      {{{".x.csv" + tags, "x.csv", 1}}, {}},                    // no part
      {{{".part-0-0.csv" + tags, "part-0-0.csv", -1}}, {}},
      {{}, {{"notes.txt", 1}}},
      {{}, {{"../part-0-0.csv", 1}}}};
  for (const SealedUnit& unit : bad) {
    const Result<SealedUnit> read = DecodeSealedUnit(EncodeSealedUnit(unit));
    ASSERT_FALSE(read) << EncodeSealedUnit(unit);
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  }
}

TEST(SealedUnit, DamagedBytesAreRefusedOrSafe) {
  const std::string good =
      EncodeSealedUnit({{{"b=1/.part-0-1.csv" + std::string(kTags), "b=1/part-0-1.csv", 17}},
                        {{"part-0-9.csv", 4}}});
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(DecodeSealedUnit(good.substr(0, size))) << size;
  }
  EXPECT_FALSE(DecodeSealedUnit(good + " "));
  std::mt19937 random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = good;
    for (int flips = 0; flips < 1 + i % 3; ++flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    const Result<SealedUnit> unit = DecodeSealedUnit(bytes);
    if (!unit) {
      EXPECT_EQ(unit.error().code, ErrorCode::kCorrupt);
      continue;
    }
    for (const SealedFile& file : unit->files) EXPECT_TRUE(IsBelow(file.final_path));
    for (const ReplacedFile& file : unit->replaced) EXPECT_TRUE(IsBelow(file.path));
  }
}

TEST(PartName, UnfinishedNamesTellWhoseTheyAre) {
  const UnfinishedName name{"part-3-14.csv.gz", OwnerTag("job", "sink"), "00000000000000ff"};
  const std::string text = MakeUnfinishedName(name);
  EXPECT_TRUE(text.starts_with(".part-3-14.csv.gz.")) << text;
  const auto back = ParseUnfinishedName(text);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->part, name.part);
  EXPECT_EQ(back->owner, name.owner);
  EXPECT_EQ(back->writer, name.writer);
  EXPECT_NE(OwnerTag("a", "bc"), OwnerTag("ab", "c"));
  for (const char* other :
       {".hidden", ".part-0-0.csv.inprogress", ".inprogress", "part-0-0.csv", ""}) {
    EXPECT_FALSE(ParseUnfinishedName(other)) << other;
  }
}

class FileCommit : public ConnectorTest {
 protected:
  FileCommit() { std::filesystem::create_directories(Out()); }
  std::string Out() const { return Path("out"); }
  SinkDescriptor Sink(OptionMap options = {}) const {
    options["path"] = Out();
    return MakeSink("file", std::move(options), "csv", {{"header", "false"}});
  }
  static Result<std::unique_ptr<SinkWriter>> Open(const SinkDescriptor& sink, bool resumed,
                                                  std::string owner = "job",
                                                  FileSystem* files = nullptr) {
    SinkContext context = MakeSinkContext(sink, TwoColumns());
    context.resumed = resumed;
    context.owner = std::move(owner);
    if (files != nullptr) context.files = files;
    return FindConnector(StdConnectors(), "file")->make_writer(std::move(context));
  }
  static Status Put(SinkWriter& writer, int64_t a, std::string b) {
    return writer.Write(MakeBatch(TwoColumns(), {{Value{a}, Value{std::move(b)}}}));
  }
  // A row, sealed and persisted.
  static std::string Unit(SinkWriter& writer, int64_t a, std::string b) {
    EXPECT_TRUE(Put(writer, a, std::move(b)));
    const Result<std::string> unit = writer.Seal();
    EXPECT_TRUE(unit);
    EXPECT_TRUE(writer.Persist());
    return *unit;
  }
};

TEST_F(FileCommit, EachBarrierMakesFilesThatCommitLater) {
  const SinkDescriptor sink = Sink();
  const auto writer = Open(sink, false);
  ASSERT_TRUE(writer);
  const std::string first = Unit(**writer, 1, "x");
  EXPECT_EQ((*writer)->Seal().value(), "") << "nothing was written since";
  const std::string second = Unit(**writer, 2, "y");
  ASSERT_TRUE(Put(**writer, 3, "z"));
  const auto committer = OpenCommitter(sink);
  ASSERT_TRUE(committer->Commit({second, first, ""}));
  ASSERT_TRUE(committer->Commit({first, second}));
  EXPECT_EQ(ReadFile(Out() + "/part-0-0.csv"), "1,x\n");
  EXPECT_EQ(ReadFile(Out() + "/part-0-1.csv"), "2,y\n");
  EXPECT_EQ(FilesBelow(Out()).size(), 3u);
  (*writer)->Abort();
  EXPECT_EQ(FilesBelow(Out()), (Names{"part-0-0.csv", "part-0-1.csv"}));
}

TEST_F(FileCommit, WhatIsNotAsItWasSealedIsNamed) {
  const SinkDescriptor sink = Sink();
  const auto writer = Open(sink, false);
  const std::string unit = Unit(**writer, 1, "x");
  const auto committer = OpenCommitter(sink);
  const std::string unfinished = Out() + "/" + FilesBelow(Out())[0];
  const auto expect = [&](ErrorCode code, const std::string& message) {
    const Status status = committer->Commit({unit});
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, code);
    EXPECT_TRUE(status.error().message.starts_with(message)) << status.error().message;
    const Status checked = committer->Check({unit});
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().message, status.error().message);
  };
  WriteFile("out/part-0-0.csv", "another's");
  expect(ErrorCode::kAlreadyExists, "cannot commit " + Out() + "/part-0-0.csv: another job");
  EXPECT_EQ(ReadFile(Out() + "/part-0-0.csv"), "another's");
  std::filesystem::remove(Out() + "/part-0-0.csv");
  std::filesystem::resize_file(unfinished, 2);
  expect(ErrorCode::kCorrupt, unfinished + " has 2 bytes, 4 were sealed");
  std::filesystem::remove(unfinished);
  expect(ErrorCode::kNotFound, "cannot commit " + Out() + "/part-0-0.csv: neither it nor");
  WriteFile("out/part-0-0.csv", "longer than it was");
  expect(ErrorCode::kCorrupt, Out() + "/part-0-0.csv has 18 bytes, 4 were sealed");
  // Nothing is renamed if one of the units cannot be read.
  const std::string good = Unit(**writer, 2, "y");
  EXPECT_EQ(committer->Commit({good, "{}"}).error().code, ErrorCode::kCorrupt);
  EXPECT_FALSE(std::filesystem::exists(Out() + "/part-0-1.csv"));
}

TEST_F(FileCommit, ACheckChangesNothing) {
  const SinkDescriptor sink = Sink();
  const auto writer = Open(sink, false);
  const std::string unit = Unit(**writer, 1, "x");
  const auto committer = OpenCommitter(sink);
  const Names before = FilesBelow(Out());
  ASSERT_TRUE(committer->Check({unit}));
  EXPECT_EQ(FilesBelow(Out()), before);
  ASSERT_TRUE(committer->Commit({unit}));
  EXPECT_TRUE(committer->Check({unit}));
}

TEST_F(FileCommit, WhatIsTakenBackIsVisibleNoMoreAndWaitsOnlyForWhoListsIt) {
  const SinkDescriptor sink = Sink({{"partition_by.0", "b"}});
  const auto writer = Open(sink, false);
  const std::string older = Unit(**writer, 1, "x");
  const std::string committed = Unit(**writer, 2, "x");
  const std::string in_savepoint = Unit(**writer, 3, "y");
  const std::string changed = Unit(**writer, 4, "z");
  const std::string never_committed = Unit(**writer, 5, "x");
  const auto committer = OpenCommitter(sink);
  ASSERT_TRUE(committer->Commit({older, committed, in_savepoint, changed}));
  WriteFile("out/b=z/part-0-0.csv", "somebody else's");
  // Twice, as after a crash in between.
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(
        committer->TakeBack({committed, in_savepoint, changed, never_committed}, {in_savepoint}));
    const Names left = FilesBelow(Out());
    ASSERT_EQ(left.size(), 3u);
    EXPECT_EQ(left[0], "b=x/part-0-0.csv");
    EXPECT_TRUE(left[1].starts_with("b=y/.part-0-0.csv.")) << left[1];
    EXPECT_EQ(left[2], "b=z/part-0-0.csv") << "it is not what was sealed";
  }
  ASSERT_TRUE(committer->RemoveLeftovers({in_savepoint}, nullptr));
  ASSERT_TRUE(committer->Commit({older, in_savepoint}));
  EXPECT_EQ(ReadFile(Out() + "/b=y/part-0-0.csv"), "3,y\n");
  // A name that somebody else has taken since is not touched for a file that never had it.
  const std::string sealed = Unit(**writer, 6, "x");
  WriteFile("out/b=x/part-0-3.csv", "6,x\n");
  ASSERT_TRUE(committer->TakeBack({sealed}, {}));
  EXPECT_TRUE(std::filesystem::exists(Out() + "/b=x/part-0-3.csv"));
}

TEST_F(FileCommit, LeftoversOfThisSinkGoAndNothingElse) {
  const SinkDescriptor sink = Sink({{"mode", "append"}, {"partition_by.0", "b"}});
  SinkDescriptor other_sink = sink;
  other_sink.name = "second";
  const auto writer = Open(sink, false);
  const auto other_job = Open(sink, false, "other job");
  const auto second = Open(other_sink, false);
  const std::string sealed = Unit(**writer, 1, "kept");
  static_cast<void>(Unit(**writer, 2, "lost"));
  static_cast<void>(Unit(**other_job, 3, "theirs"));
  static_cast<void>(Unit(**second, 4, "second"));
  WriteFile("out/.hidden", "");
  WriteFile("out/b=user/.part-0-0.csv.inprogress", "");
  ASSERT_TRUE(OpenCommitter(sink)->RemoveLeftovers({sealed}, nullptr));
  EXPECT_FALSE(std::filesystem::exists(Out() + "/b=lost"));
  const Names left = FilesBelow(Out());
  ASSERT_EQ(left.size(), 5u);
  EXPECT_TRUE(left[2].starts_with("b=second/.part-0-0.csv.")) << left[2];
  ASSERT_TRUE(OpenCommitter(sink)->Commit({sealed}));
  EXPECT_EQ(ReadFile(Out() + "/b=kept/part-0-0.csv"), "1,kept\n");
  const SinkDescriptor nowhere = MakeSink("file", {{"path", Path("nowhere")}}, "csv");
  EXPECT_TRUE(OpenCommitter(nowhere)->RemoveLeftovers({}, nullptr));
}

// A part of the job starts again, and the rest writes on.
TEST_F(FileCommit, LeftoversOfSomeSubtasksGoAndNoOthers) {
  const SinkDescriptor sink = Sink({{"mode", "append"}});
  const auto first = Open(sink, false);
  const auto second = OpenSink(sink, TwoColumns(), nullptr, false, 1, 2);
  const std::string listed = Unit(**first, 1, "listed");
  const std::string lost = Unit(**first, 2, "lost");
  const std::string others = Unit(**second, 3, "others");
  const std::set<uint32_t> subtasks = {0, 7};
  ASSERT_TRUE(OpenCommitter(sink)->RemoveLeftovers({listed}, &subtasks));
  EXPECT_TRUE(OpenCommitter(sink)->Check({listed, others}));
  EXPECT_FALSE(OpenCommitter(sink)->Check({lost}));
}

TEST_F(FileCommit, NumbersGoOnBehindAllThatIsThere) {
  for (const char* mode : {"append", "overwrite", ""}) {
    std::filesystem::remove_all(Out());
    WriteFile("out/part-0-4.csv", "committed");
    WriteFile("out/part-1-9.csv", "another subtask's");
    WriteFile("out/.part-0-6.csv.0123456789abcdef-fedcba9876543210.inprogress", "another job's");
    const SinkDescriptor sink =
        Sink(*mode == 0 ? OptionMap() : OptionMap{{"mode", std::string(mode)}});
    const auto writer = Open(sink, true);
    ASSERT_TRUE(OpenCommitter(sink)->Commit({Unit(**writer, 1, "x")}));
    EXPECT_EQ(ReadFile(Out() + "/part-0-7.csv"), "1,x\n") << mode;
    EXPECT_EQ(ReadFile(Out() + "/part-0-4.csv"), "committed") << mode;
  }
}

TEST_F(FileCommit, OverwriteReplacesWithItsFirstUnitAndInPartitions) {
  for (const char* old : {"part-0-0.csv", "part-0-1.csv", "part-5-0.csv", "b=x/part-0-0.csv",
                          "b=gone/part-0-3.csv"}) {
    WriteFile(std::string("out/") + old, "old\n");
  }
  WriteFile("out/b=x/notes.txt", "mine");
  const SinkDescriptor sink = Sink({{"mode", "overwrite"}, {"partition_by.0", "b"}});
  const auto writer = Open(sink, false);
  const std::string first = Unit(**writer, 1, "x");
  const std::string second = Unit(**writer, 2, "gone");
  const auto committer = OpenCommitter(sink);
  EXPECT_EQ(FilesBelow(Out()).size(), 8u) << "all old files are there until the first commit";
  ASSERT_TRUE(committer->Commit({first}));
  EXPECT_EQ(ReadFile(Out() + "/b=x/part-0-0.csv"), "1,x\n");
  ASSERT_TRUE(committer->Commit({first, second}));
  // The first once more, as a job does that goes back to it: later files are not in its way.
  ASSERT_TRUE(committer->Commit({first}));
  EXPECT_EQ(FilesBelow(Out()), (Names{"b=gone/part-0-4.csv", "b=x/notes.txt", "b=x/part-0-0.csv"}));
  // One that goes on does not take its own output for an earlier run's.
  const auto resumed = Open(sink, true);
  ASSERT_TRUE(committer->Commit({Unit(**resumed, 3, "x")}));
  EXPECT_EQ(FilesBelow(Out()), (Names{"b=gone/part-0-4.csv", "b=x/notes.txt", "b=x/part-0-0.csv",
                                      "b=x/part-0-1.csv"}));
}

TEST_F(FileCommit, OverwriteWithoutRowsRemovesTheOldFilesToo) {
  WriteFile("out/part-0-0.csv", "old\n");
  const SinkDescriptor sink = Sink({{"mode", "overwrite"}});
  const auto writer = Open(sink, false);
  const Result<std::string> unit = (*writer)->Seal();
  ASSERT_TRUE(unit);
  ASSERT_TRUE(OpenCommitter(sink)->Commit({*unit}));
  EXPECT_EQ(FilesBelow(Out()), Names{});
}

TEST_F(FileCommit, PersistRunsBesideTheWorker) {
  const SinkDescriptor sink = Sink({{"partition_by.0", "b"}});
  const auto writer = Open(sink, false);
  std::atomic<bool> end = false;
  std::thread background([&] {
    while (!end) EXPECT_TRUE((*writer)->Persist());
  });
  std::vector<std::string> units;
  for (int i = 0; i < 300; ++i) {
    EXPECT_TRUE(Put(**writer, i, std::to_string(i % 5)));
    if (i % 3 == 0) units.push_back((*writer)->Seal().value());
  }
  units.push_back((*writer)->Seal().value());
  end = true;
  background.join();
  ASSERT_TRUE((*writer)->Persist());
  ASSERT_TRUE(OpenCommitter(sink)->Commit(units));
  std::string all;
  for (const std::string& file : FilesBelow(Out())) all += ReadFile(Out() + "/" + file);
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 300);
}

// What could not be synced once is lost: no later checkpoint may count on it.
TEST_F(FileCommit, AFailedSyncFailsEveryLaterPersist) {
  SimulatedFileSystem files(1);
  const SinkDescriptor sink = Sink();
  const auto writer = Open(sink, false, "job", &files);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(Put(**writer, 1, "x"));
  ASSERT_TRUE((*writer)->Seal());
  files.FailAfter(0, ErrorCode::kIo);
  EXPECT_EQ((*writer)->Persist().error().code, ErrorCode::kIo);
  ASSERT_TRUE(Put(**writer, 2, "y"));
  EXPECT_EQ((*writer)->Seal().error().code, ErrorCode::kIo);
  EXPECT_EQ((*writer)->Persist().error().code, ErrorCode::kIo);
}

// A rename whose directory could not be synced shows, but need not last: the next call sees to it.
TEST_F(FileCommit, ARenameThatWasNotMadeToLastIs) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SimulatedFileSystem files(seed);
    const SinkDescriptor sink = Sink();
    const auto writer = Open(sink, false, "job", &files);
    const std::string unit = Unit(**writer, 1, "x");
    files.FailAfter(1, ErrorCode::kIo);
    const auto committer = OpenCommitter(sink, &files);
    ASSERT_FALSE(committer->Commit({unit}));
    ASSERT_TRUE(files.Files().contains(Out() + "/part-0-0.csv"));
    ASSERT_TRUE(committer->Commit({unit}));
    files.Restart();
    ASSERT_TRUE(files.Files().contains(Out() + "/part-0-0.csv")) << "seed " << seed;
  }
}

TEST_F(FileCommit, ConsoleTellsAtEachSealWhatItLeftOut) {
  std::string printed;
  const SinkDescriptor sink = MakeSink("console", {{"limit", "1"}});
  const auto writer = OpenSink(sink, TwoColumns(), [&](std::string_view text) -> Status {
    printed += text;
    return {};
  });
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Put(**writer, i, "x"));
  EXPECT_EQ((*writer)->Seal().value(), "");
  EXPECT_EQ((*writer)->Seal().value(), "");
  ASSERT_TRUE(Put(**writer, 3, "x"));
  EXPECT_EQ((*writer)->Seal().value(), "");
  EXPECT_EQ(printed, "+I[0, x]\n(2 more rows)\n(1 more rows)\n");
}

}  // namespace
}  // namespace flinkc
