#include "runtime/checkpoint/checkpoint_store.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/checkpoint/checkpoint_paths.h"
#include "runtime/env/confined_file_system.h"
#include "tests/support/simulated_file_system.h"
#include "tests/unit/runtime/checkpoint/sample_checkpoint.h"

namespace flinkc {
namespace {

class CheckpointStoreTest : public ::testing::Test {
 protected:
  CheckpointStoreTest() { Reopen(); }

  void Reopen() {
    store_.reset();
    auto store = CheckpointStore::Open(&files_, "/ckpt", "sample");
    ASSERT_TRUE(store) << store.error().message;
    store_ = *std::move(store);
  }
  FoundCheckpoints Find() {
    Result<FoundCheckpoints> found = store_->Find();
    EXPECT_TRUE(found) << found.error().message;
    return found ? *std::move(found) : FoundCheckpoints();
  }
  // Ids of the complete ones, the newest first.
  std::vector<uint64_t> Complete() {
    std::vector<uint64_t> ids;
    for (const StoredCheckpoint& stored : Find().complete) {
      ids.push_back(stored.metadata.checkpoint_id());
    }
    return ids;
  }
  void Write(const std::string& path) {
    auto file = files_.Create(path);
    ASSERT_TRUE(file && (*file)->Append(std::string(400, 'x')) && (*file)->Sync());
  }
  // A checkpoint of one state in the files of `creators`, the last one new.
  proto::CheckpointMetadata Metadata(uint64_t id, const std::vector<uint64_t>& creators) {
    proto::CheckpointMetadata metadata;
    metadata.set_checkpoint_id(id);
    metadata.set_max_parallelism(128);
    metadata.set_job_name("sample");
    // Enough for a hash map to give them in another order each time.
    for (int i = 0; i < 16; ++i) (*metadata.mutable_config())["option." + std::to_string(i)] = "x";
    proto::VertexSnapshot* vertex = metadata.add_vertices();
    vertex->set_name("totals");
    vertex->set_parallelism(1);
    proto::StateSnapshot* state = vertex->add_subtasks()->add_states();
    state->set_state_id("totals/aggregate");
    *state->mutable_schema() = SampleSchema();
    for (const uint64_t creator : creators) {
      const std::string path = StateFilePath(creator, "a", false);
      AddSampleTable(path, 400, state);
      proto::CheckpointMetadata::File* file = metadata.add_files();
      file->set_path(path);
      file->set_size_bytes(400);
      file->set_created_by(creator);
    }
    return metadata;
  }
  void Complete(uint64_t id, const std::vector<uint64_t>& creators) {
    ASSERT_TRUE(store_->Reserve(id));
    for (const uint64_t creator : creators) {
      if (creator == id) Write("/ckpt/sample/" + StateFilePath(id, "a", false));
    }
    ASSERT_EQ(store_->Commit(Metadata(id, creators)).outcome, MetadataOutcome::kDurable);
  }
  // Names of files below the job's directory, but for the lock.
  std::set<std::string> Names() const {
    std::set<std::string> names;
    for (const auto& [path, bytes] : files_.Files()) {
      if (!path.ends_with("/.lock")) names.insert(path.substr(std::string("/ckpt/sample/").size()));
    }
    return names;
  }

  SimulatedFileSystem files_{1};
  std::unique_ptr<CheckpointStore> store_;
};

TEST_F(CheckpointStoreTest, OneProcessAJob) {
  const auto second = CheckpointStore::Open(&files_, "/ckpt", "sample");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(second.error().message.find("another process runs a job named `sample`"),
            std::string::npos);
  EXPECT_TRUE(CheckpointStore::Open(&files_, "/ckpt", "another"));
}

TEST_F(CheckpointStoreTest, FindsTheNewestFirst) {
  EXPECT_TRUE(Complete().empty());
  Complete(1, {1});
  Complete(2, {1, 2});
  ASSERT_TRUE(store_->Reserve(5));
  files_.Restart();
  Reopen();
  EXPECT_EQ(Complete(), (std::vector<uint64_t>{2, 1}));
  EXPECT_EQ(Find().id_max, 5u);
}

TEST_F(CheckpointStoreTest, FilesLiveAsLongAsARetainedCheckpointUsesThem) {
  Complete(1, {1});
  Complete(2, {1, 2});
  Complete(3, {2, 3});
  ASSERT_TRUE(store_->Prune({.retained = {2, 3}}));
  EXPECT_EQ(Names(),
            (std::set<std::string>{"chk-2/_metadata", "chk-3/_metadata", "shared/1-a.state",
                                   "shared/2-a.state", "shared/3-a.state"}));
  ASSERT_TRUE(store_->Prune({.retained = {3}}));
  EXPECT_EQ(Names(),
            (std::set<std::string>{"chk-3/_metadata", "shared/2-a.state", "shared/3-a.state"}));
  EXPECT_EQ(Complete(), std::vector<uint64_t>{3});
}

// FLINK-24611: what an aborted checkpoint wrote is not deleted before its time, nor for ever kept.
TEST_F(CheckpointStoreTest, LeftoversGoOnceANewerCheckpointIsComplete) {
  Complete(1, {1});
  ASSERT_TRUE(store_->Reserve(2));
  Write("/ckpt/sample/shared/2-late.state");
  ASSERT_TRUE(store_->Reserve(3));
  Write("/ckpt/sample/shared/3-underway.state");
  ASSERT_TRUE(store_->Prune({.retained = {1}}));
  EXPECT_TRUE(Names().contains("shared/2-late.state"));
  Complete(4, {1});
  Write("/ckpt/sample/shared/5-next.state");
  Write("/ckpt/sample/shared/mine.txt");
  ASSERT_TRUE(
      store_->Prune({.retained = {4}, .under_way = {3}, .in_use = {"shared/3-underway.state"}}));
  EXPECT_EQ(Names(),
            (std::set<std::string>{"chk-4/_metadata", "shared/1-a.state", "shared/3-underway.state",
                                   "shared/5-next.state", "shared/mine.txt"}));
  EXPECT_TRUE(files_.Info("/ckpt/sample/chk-3"));
  EXPECT_FALSE(files_.Info("/ckpt/sample/chk-2"));
}

TEST_F(CheckpointStoreTest, AStartRemovesOrphansAndKeepsTheLargestId) {
  Complete(1, {1});
  ASSERT_TRUE(store_->Reserve(2));
  Write("/ckpt/sample/shared/2-b.state");
  ASSERT_TRUE(store_->Reserve(3));
  Write("/ckpt/sample/chk-3/_metadata.tmp");
  const auto savepoint = store_->MakeSavepointDirectory(2, "/saved", "0123456789", "ff");
  ASSERT_TRUE(savepoint);
  EXPECT_EQ(*savepoint, "/saved/savepoint-012345-ff");
  Write(*savepoint + "/2-c.state");
  files_.RestartWithoutLoss();
  Reopen();
  Find();
  ASSERT_TRUE(store_->CleanUp());
  EXPECT_EQ(Names(), (std::set<std::string>{"chk-1/_metadata", "shared/1-a.state"}));
  EXPECT_FALSE(files_.Info(*savepoint));
  EXPECT_EQ(Find().id_max, 3u);
}

TEST_F(CheckpointStoreTest, ADamagedCheckpointIsSkippedAndSaidSo) {
  Complete(1, {1});
  Complete(2, {1, 2});
  Complete(3, {1, 3});
  files_.FlipBits("/ckpt/sample/chk-3/_metadata", 60, 4);
  ASSERT_TRUE(files_.Remove("/ckpt/sample/shared/2-a.state"));
  Reopen();
  const FoundCheckpoints found = Find();
  ASSERT_EQ(found.complete.size(), 1u);
  EXPECT_EQ(found.complete[0].metadata.checkpoint_id(), 1u);
  ASSERT_EQ(found.skipped.size(), 2u);
  EXPECT_EQ(found.skipped[0].checkpoint_id, 3u);
  EXPECT_NE(found.skipped[0].error.message.find("chk-3/_metadata"), std::string::npos);
  EXPECT_NE(found.skipped[1].error.message.find("2-a.state is missing"), std::string::npos);
  EXPECT_EQ(found.id_max, 3u);
  // Its files are not known, so none goes that may be one of them.
  ASSERT_TRUE(store_->CleanUp());
  EXPECT_TRUE(Names().contains("shared/3-a.state"));
  Complete(4, {1, 4});
  ASSERT_TRUE(store_->Prune({.retained = {4}}));
  EXPECT_EQ(Names(),
            (std::set<std::string>{"chk-4/_metadata", "shared/1-a.state", "shared/4-a.state"}));
}

TEST_F(CheckpointStoreTest, DamageInASegmentExcludesTheCheckpoint) {
  Complete(1, {1});
  Complete(2, {2});
  store_->MarkCorrupt(2, {ErrorCode::kCorrupt, "a segment of shared/2-a.state is damaged"});
  EXPECT_EQ(Complete(), std::vector<uint64_t>{1});
  EXPECT_EQ(Find().skipped.at(0).error.message, "a segment of shared/2-a.state is damaged");
}

TEST_F(CheckpointStoreTest, OneThatWasGivenUpIsSkippedAfterACrashToo) {
  Complete(1, {1});
  Complete(2, {2});
  ASSERT_TRUE(store_->GiveUp(2, {ErrorCode::kCorrupt, "shared/2-a.state is damaged"}));
  EXPECT_EQ(Complete(), std::vector<uint64_t>{1});
  files_.Restart();
  Reopen();
  const FoundCheckpoints found = Find();
  ASSERT_EQ(found.complete.size(), 1u);
  EXPECT_EQ(found.complete[0].metadata.checkpoint_id(), 1u);
  ASSERT_EQ(found.skipped.size(), 1u);
  EXPECT_EQ(found.skipped[0].error.message, "shared/2-a.state is damaged");
  ASSERT_TRUE(found.skipped[0].metadata.has_value()) << "what it has made visible is known";
  EXPECT_EQ(found.skipped[0].metadata->checkpoint_id(), 2u);
  ASSERT_TRUE(store_->CleanUp());
  EXPECT_TRUE(Names().contains("chk-2/_metadata")) << "it may be mended";
  Complete(3, {3});
  ASSERT_TRUE(store_->Prune({.retained = {3}}));
  EXPECT_EQ(Names(), (std::set<std::string>{"chk-3/_metadata", "shared/3-a.state"}));
}

// What a savepoint lists that is not visible yet is nobody's leftover: neither of a process that
// goes on from a checkpoint before it, nor of one that begins anew.
TEST_F(CheckpointStoreTest, SavepointsAreRememberedAsLongAsTheyListOutput) {
  const auto take = [&](uint64_t id, const std::string& unit) {
    EXPECT_TRUE(store_->Reserve(id));
    const auto path = store_->MakeSavepointDirectory(id, "/saved", "0123456789", unit);
    proto::CheckpointMetadata metadata = Metadata(id, {});
    metadata.set_savepoint(true);
    if (unit != "none") {
      proto::SealedOutput* sealed = metadata.mutable_vertices(0)->mutable_subtasks(0)->add_sealed();
      sealed->set_sink("out");
      sealed->set_unit(unit);
    }
    EXPECT_EQ(store_->CommitSavepoint(*path, metadata).outcome, MetadataOutcome::kDurable);
    return *path;
  };
  const auto units = [&] {
    std::set<std::string> listed;
    const auto sealed = store_->SealedBySavepoints();
    EXPECT_TRUE(sealed) << sealed.error().message;
    for (const proto::SealedOutput& output : *sealed) listed.insert(output.unit());
    return listed;
  };
  Complete(1, {1});
  const std::string first = take(2, "a");
  take(3, "none");
  files_.Restart();
  Reopen();
  Find();
  ASSERT_TRUE(store_->CleanUp());
  EXPECT_EQ(units(), std::set<std::string>{"a"});
  // The checkpoint behind it lists what it lists, and has made it visible. Who goes back further
  // takes that back.
  take(4, "b");
  Complete(5, {5});
  ASSERT_TRUE(store_->Prune({.retained = {1, 5}}));
  EXPECT_EQ(units(), (std::set<std::string>{"a", "b"}));
  Find();
  ASSERT_TRUE(store_->CleanUp());
  EXPECT_EQ(units(), (std::set<std::string>{"a", "b"}));
  ASSERT_TRUE(store_->Prune({.retained = {5}}));
  EXPECT_EQ(units(), std::set<std::string>{"a"});
  take(6, "c");
  ASSERT_TRUE(store_->DiscardAll());
  files_.Restart();
  Reopen();
  Find();
  EXPECT_EQ(units(), (std::set<std::string>{"a", "c"}));
  ASSERT_TRUE(DisposeSavepoint(files_, first));
  EXPECT_EQ(DisposeSavepoint(files_, first).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(units(), std::set<std::string>{"c"}) << "the user has deleted it";
  take(7, "d");
  ASSERT_TRUE(store_->MarkFinished({"0123456789", 1, ""}));
  ASSERT_TRUE(store_->DiscardAll());
  EXPECT_EQ(units(), std::set<std::string>{"c"}) << "a job that has finished has shown all";
}

TEST_F(CheckpointStoreTest, WhatCannotBeReadIsNoReasonToGoBack) {
  Complete(1, {1});
  files_.SetFaults({.read_fails = 1});
  const auto found = store_->Find();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::kIo);
}

TEST_F(CheckpointStoreTest, ASavepointIsSelfContainedAndStaysTheUsers) {
  ASSERT_TRUE(store_->Reserve(1));
  const auto path = store_->MakeSavepointDirectory(1, "/saved", "0123456789", "ff");
  ASSERT_TRUE(path);
  proto::CheckpointMetadata metadata = Metadata(1, {1});
  metadata.set_savepoint(true);
  metadata.mutable_files(0)->set_path("1-a.state");
  metadata.mutable_vertices(0)->mutable_subtasks(0)->mutable_states(0)->set_segment_files(
      0, "1-a.state");
  Write(*path + "/1-a.state");
  ASSERT_EQ(store_->CommitSavepoint(*path, metadata).outcome, MetadataOutcome::kDurable);
  files_.Restart();
  Reopen();
  EXPECT_TRUE(Complete().empty()) << "recovery does not go by savepoints";
  ASSERT_TRUE(store_->CleanUp());
  for (const std::string& name : {*path, *path + "/", *path + "/_metadata"}) {
    const auto point = store_->Restore(name, ClaimMode::kNoClaim);
    ASSERT_TRUE(point) << point.error().message;
    EXPECT_EQ(point->checkpoint.root, *path);
    EXPECT_FALSE(point->referable);
  }
  Complete(2, {2});
  ASSERT_TRUE(store_->Prune({.retained = {2}, .drop_claimed = true}));
  EXPECT_TRUE(files_.Info(*path + "/_metadata"));
  // Claimed, it goes when it is replaced, also by a later process.
  ASSERT_TRUE(store_->Restore(*path, ClaimMode::kClaim));
  Complete(3, {3});
  files_.Restart();
  Reopen();
  Find();
  Complete(4, {4});
  ASSERT_TRUE(store_->Prune({.retained = {4}}));
  EXPECT_TRUE(files_.Info(*path + "/_metadata"));
  ASSERT_TRUE(store_->Prune({.retained = {4}, .drop_claimed = true}));
  EXPECT_FALSE(files_.Info(*path));
}

TEST_F(CheckpointStoreTest, AClaimThatCameToNothingIsNone) {
  ASSERT_TRUE(store_->Reserve(1));
  const auto path = store_->MakeSavepointDirectory(1, "/saved", "0123456789", "ff");
  ASSERT_TRUE(path);
  proto::CheckpointMetadata metadata = Metadata(1, {});
  metadata.set_savepoint(true);
  ASSERT_EQ(store_->CommitSavepoint(*path, metadata).outcome, MetadataOutcome::kDurable);
  // The job is refused: it has no checkpoint of its own.
  ASSERT_TRUE(store_->Restore(*path, ClaimMode::kClaim));
  files_.Restart();
  Reopen();
  Find();
  Complete(2, {2});
  ASSERT_TRUE(store_->Prune({.retained = {2}, .drop_claimed = true}));
  EXPECT_TRUE(files_.Info(*path + "/_metadata")) << "another run deletes it";
  ASSERT_FALSE(store_->Restore("/saved", ClaimMode::kClaim));
}

// The mark of a stop is on the disk although it could not be made to last, and the job goes on:
// what it commits then must count.
TEST_F(CheckpointStoreTest, AMarkThatMayBeThereIsGoneBeforeTheNextCheckpoint) {
  Complete(1, {1});
  files_.SetFaults({.sync_directory_fails = 1});
  ASSERT_FALSE(store_->MarkStopped({"0123", 17, "/saved/savepoint-0123-ff"}));
  files_.SetFaults({});
  Write("/ckpt/sample/" + StateFilePath(2, "a", false));
  files_.SetFaults({.sync_directory_fails = 1});
  EXPECT_EQ(store_->Commit(Metadata(2, {2})).outcome, MetadataOutcome::kNotWritten);
  files_.SetFaults({});
  Complete(3, {3});
  files_.Restart();
  Reopen();
  const auto end = store_->ReadFinished();
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_FALSE(*end);
}

TEST_F(CheckpointStoreTest, TheEndOfAJobIsRemembered) {
  const auto read = [&] {
    const auto end = store_->ReadFinished();
    EXPECT_TRUE(end) << end.error().message;
    return end.value_or(std::nullopt);
  };
  EXPECT_FALSE(read());
  ASSERT_TRUE(store_->MarkFinished({"0123", 17, "/saved/savepoint-0123-ff"}));
  ASSERT_TRUE(store_->DiscardAll());
  files_.Restart();
  Reopen();
  ASSERT_TRUE(read());
  EXPECT_EQ(read()->job_id, "0123");
  EXPECT_EQ(read()->finished_at, 17);
  EXPECT_EQ(read()->savepoint, "/saved/savepoint-0123-ff");
  ASSERT_TRUE(store_->MarkFinished({"0123", 17, ""}));
  EXPECT_EQ(read()->savepoint, "");
  ASSERT_TRUE(store_->ForgetFinished());
  files_.Restart();
  Reopen();
  EXPECT_FALSE(read());
  auto file = files_.Create("/ckpt/sample/finished");
  ASSERT_TRUE(file && (*file)->Append("17"));
  const auto damaged = store_->ReadFinished();
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::kCorrupt);
}

TEST_F(CheckpointStoreTest, ClaimModesOfOwnAndForeignCheckpoints) {
  Complete(1, {1});
  Complete(2, {1, 2});
  Find();
  auto point = store_->Restore("/ckpt/sample/chk-2", ClaimMode::kClaim);
  ASSERT_TRUE(point);
  EXPECT_TRUE(point->referable);
  EXPECT_EQ(point->checkpoint.root, "/ckpt/sample");
  point = store_->Restore("/ckpt//sample/chk-1", ClaimMode::kNoClaim);
  ASSERT_TRUE(point);
  EXPECT_FALSE(point->referable);
  Reopen();
  Find();
  Complete(3, {3});
  ASSERT_TRUE(store_->Prune({.retained = {3}}));
  EXPECT_EQ(Complete(), (std::vector<uint64_t>{3, 1})) << "the user's stays";
  EXPECT_TRUE(Names().contains("shared/1-a.state"));
  ASSERT_TRUE(store_->DiscardAll());
  EXPECT_EQ(Complete(), std::vector<uint64_t>{1});

  auto other = CheckpointStore::Open(&files_, "/ckpt", "other");
  ASSERT_TRUE(other);
  EXPECT_TRUE((*other)->Restore("/ckpt/sample/chk-1", ClaimMode::kNoClaim));
  const auto claimed = (*other)->Restore("/ckpt/sample/chk-1", ClaimMode::kClaim);
  ASSERT_FALSE(claimed);
  EXPECT_NE(claimed.error().message.find("NO_CLAIM"), std::string::npos);
}

TEST_F(CheckpointStoreTest, PathsThatMakeNoSense) {
  EXPECT_EQ(store_->Restore("/nowhere", ClaimMode::kNoClaim).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store_->Restore("/ckpt/../etc", ClaimMode::kNoClaim).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(store_->Restore("", ClaimMode::kNoClaim).error().code, ErrorCode::kInvalidArgument);
  ASSERT_TRUE(store_->Reserve(1));
  EXPECT_EQ(store_->MakeSavepointDirectory(1, "/a/../b", "0", "ff").error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(RemoveSavepoint(files_, "/ckpt").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(RemoveSavepoint(files_, "/x/../savepoint-0-ff").error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_TRUE(RemoveSavepoint(files_, "/x/savepoint-0-ff"));
  EXPECT_EQ(DisposeSavepoint(files_, "/x/savepoint-0-ff").error().code, ErrorCode::kNotFound);
  Complete(2, {2});
  EXPECT_EQ(DisposeSavepoint(files_, "/ckpt/sample/chk-2").error().code,
            ErrorCode::kInvalidArgument);
}

// Whenever the process or the machine dies while checkpoint 2 takes the place of 1, one of them is
// whole, and the next start leaves nothing else behind.
TEST(CheckpointStoreCrash, LeavesTheOldOrTheNewAndNoOrphan) {
  std::set<uint64_t> newest;
  for (uint64_t seed = 0; seed < 600; ++seed) {
    SimulatedFileSystem files(seed);
    auto write = [&](const std::string& path) {
      auto file = files.Create(path);
      return file && (*file)->Append(std::string(400, 'x')) && (*file)->Sync();
    };
    auto metadata = [](uint64_t id) {
      proto::CheckpointMetadata sample = SampleMetadata(id);
      for (int i = 0; i < 2; ++i) {
        const std::string path = StateFilePath(id, i == 0 ? "a" : "b", false);
        *sample.mutable_vertices(1)->mutable_subtasks(i)->mutable_states(0) = SampleState(path);
        sample.mutable_files(i)->set_path(path);
        sample.mutable_files(i)->set_created_by(id);
      }
      return sample;
    };
    bool first_done = false, second_done = false;
    {
      auto opened = CheckpointStore::Open(&files, "/ckpt", "sample");
      ASSERT_TRUE(opened);
      CheckpointStore& store = **opened;
      auto complete = [&](uint64_t id) {
        return store.Reserve(id) && write("/ckpt/sample/" + StateFilePath(id, "a", false)) &&
               write("/ckpt/sample/" + StateFilePath(id, "b", false)) &&
               store.Commit(metadata(id)).outcome == MetadataOutcome::kDurable;
      };
      first_done = complete(1);
      ASSERT_TRUE(first_done);
      files.CrashAfter(static_cast<int64_t>(seed % 30));
      second_done = complete(2);
      if (second_done) static_cast<void>(store.Prune({.retained = {2}}));
    }
    if (seed % 3 == 0) {
      files.RestartWithoutLoss();
    } else {
      files.Restart();
    }
    auto store = CheckpointStore::Open(&files, "/ckpt", "sample");
    ASSERT_TRUE(store);
    const auto found = (*store)->Find();
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->skipped.empty()) << found->skipped[0].error.message;
    ASSERT_FALSE(found->complete.empty()) << seed;
    const uint64_t id = found->complete[0].metadata.checkpoint_id();
    newest.insert(id);
    if (second_done) EXPECT_EQ(id, 2u);
    ASSERT_TRUE((*store)->CleanUp());
    ASSERT_TRUE((*store)->Prune({.retained = {id}}));
    EXPECT_EQ(files.Files().size(), 4u) << seed;  // the lock, _metadata, two files
  }
  EXPECT_EQ(newest, (std::set<uint64_t>{1, 2}));
}

// Who goes on looks for what savepoints list.
TEST(ConfinedCheckpointStore, ASavepointThatMayNotBeMadeIsNotNoted) {
  SimulatedFileSystem disk(1);
  const auto allowed = AllowedPaths::Make({"/tmp"});
  ASSERT_TRUE(allowed);
  ConfinedFileSystem files(&disk, &*allowed);
  const auto store = CheckpointStore::Open(&files, "/tmp/ckpt", "sample");
  ASSERT_TRUE(store) << store.error().message;
  ASSERT_TRUE((*store)->Reserve(1));
  const auto path = (*store)->MakeSavepointDirectory(1, "/saved", "0123456789", "ff");
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code, ErrorCode::kPermissionDenied);
  EXPECT_TRUE((*store)->SealedBySavepoints());
  EXPECT_TRUE((*store)->MakeSavepointDirectory(1, "/tmp/saved", "0123456789", "ff"));
}

}  // namespace
}  // namespace flinkc
