// Copies of state files: which are kept, what becomes of those that cannot be made or are damaged,
// and what is read in their place.
#include "runtime/state/local_copies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <xxhash.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "runtime/state/kept_store.h"
#include "runtime/state/local_state.h"
#include "runtime/state/state_files.h"
#include "runtime/state/state_reader.h"
#include "tests/support/simulated_file_system.h"

namespace flinkc {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kBytes(100'000, 'x');

// A checkpoint directory on one file system, the copies on another.
class LocalCopiesTest : public testing::Test {
 protected:
  LocalCopiesTest() : storage_(1), disk_(2) {
    EXPECT_TRUE(storage_.MakeDirectories("/ckp/shared"));
    Open(&disk_);
  }
  void Open(SimulatedFileSystem* disk) {
    EXPECT_TRUE(disk->MakeDirectories("/tm/0"));
    copies_ = std::make_unique<LocalCopies>(
        "/tm/0", "sums", disk, &counts_, [this](const std::string& line) { log_.push_back(line); });
  }

  Status Write(const std::string& file, const std::string& bytes = kBytes) {
    StateFileWriter writer(&storage_, "/ckp", file, copies_.get());
    for (size_t at = 0; at < bytes.size(); at += 10'000) {
      RETURN_IF_ERROR(writer.Append(std::string_view(bytes).substr(at, 10'000)));
    }
    return writer.Finish();
  }
  // A subtask's part of a checkpoint, of one state with these files.
  void Written(uint64_t checkpoint, const std::vector<std::string>& files) {
    proto::SubtaskSnapshot snapshot;
    proto::StateSnapshot& state = *snapshot.add_states();
    for (const std::string& file : files) state.add_segment_files(file);
    copies_->OnWritten(checkpoint, snapshot);
  }
  std::vector<std::string> Kept() {
    std::vector<std::string> names;
    for (const auto& [path, bytes] : disk_.Files()) {
      if (path.starts_with("/tm/0/")) names.push_back(path.substr(6));
    }
    return names;
  }
  // All of a file, as a segment.
  Result<std::string> Read(const std::string& file, const std::string& expected = kBytes) {
    StateFileReader reader(&storage_, "/ckp", false, copies_.get());
    const uint64_t checksum = XXH3_64bits(expected.data(), expected.size());
    return ReadSegment({file, 0, expected.size(), checksum, 1}, &reader);
  }

  SimulatedFileSystem storage_;
  SimulatedFileSystem disk_;
  LocalCopyCounts counts_;
  std::vector<std::string> log_;
  std::unique_ptr<LocalCopies> copies_;
};

TEST_F(LocalCopiesTest, KeepsWhatTheNewestCompleteCheckpointAndThoseUnderWayReferTo) {
  ASSERT_TRUE(Write("shared/1-a.state"));
  ASSERT_TRUE(Write("shared/1-b.state"));
  Written(1, {"shared/1-a.state"});
  Written(1, {"shared/1-b.state"});  // another subtask
  copies_->OnComplete(1);
  EXPECT_THAT(Kept(), ElementsAre("1-a.state", "1-b.state"));
  // 2 is never complete, 3 refers to some of 1, 4 is under way.
  ASSERT_TRUE(Write("shared/2-c.state"));
  Written(2, {"shared/2-c.state"});
  ASSERT_TRUE(Write("shared/3-d.state"));
  Written(3, {"shared/1-a.state", "shared/3-d.state"});
  ASSERT_TRUE(Write("shared/4-e.state"));
  Written(4, {"shared/4-e.state"});
  copies_->OnComplete(7);  // a savepoint, say
  EXPECT_EQ(Kept().size(), 5u);
  copies_->OnComplete(3);
  EXPECT_THAT(Kept(), ElementsAre("1-a.state", "3-d.state", "4-e.state"));
  copies_->OnComplete(4);
  EXPECT_THAT(Kept(), ElementsAre("4-e.state"));
  EXPECT_EQ(disk_.Peek("/tm/0/4-e.state"), kBytes);
  copies_->Close();
  EXPECT_THAT(Kept(), IsEmpty());
  ASSERT_TRUE(Write("shared/5-f.state"));
  EXPECT_THAT(Kept(), IsEmpty());
  EXPECT_EQ(counts_.failed, 0u);
}

TEST_F(LocalCopiesTest, WhatNeverBecomesCompleteDoesNotPileUp) {
  ASSERT_TRUE(Write("shared/1-a.state"));
  Written(1, {"shared/1-a.state"});
  copies_->OnComplete(1);
  for (uint64_t id = 2; id < 10; ++id) {
    const std::string file = "shared/" + std::to_string(id) + "-b.state";
    ASSERT_TRUE(Write(file));
    Written(id, {"shared/1-a.state", file});
    if (id % 2 == 0) copies_->OnAborted(id);
  }
  EXPECT_EQ(Kept().size(), 5u);
  copies_->DropUnfinished();
  EXPECT_THAT(Kept(), ElementsAre("1-a.state"));
  EXPECT_EQ(*Read("shared/1-a.state"), kBytes);
}

TEST_F(LocalCopiesTest, OnTheSameFileSystemTheCopyIsALink) {
  copies_.reset();
  Open(&storage_);
  ASSERT_TRUE(Write("shared/1-a.state"));
  EXPECT_EQ(storage_.Peek("/tm/0/1-a.state"), kBytes);
  storage_.FlipBits("/ckp/shared/1-a.state", 7, 1);
  EXPECT_NE(storage_.Peek("/tm/0/1-a.state"), kBytes) << "the same bytes";
  // It outlives the first name.
  ASSERT_TRUE(storage_.Remove("/ckp/shared/1-a.state"));
  storage_.FlipBits("/tm/0/1-a.state", 7, 1);
  EXPECT_EQ(*Read("shared/1-a.state"), kBytes);
}

TEST_F(LocalCopiesTest, IsReadRatherThanTheFile) {
  ASSERT_TRUE(Write("shared/1-a.state"));
  storage_.FlipBits("/ckp/shared/1-a.state", 50'000, 1);
  const Result<std::string> read = Read("shared/1-a.state");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, kBytes);
  EXPECT_EQ(counts_.read, 1u);
  EXPECT_EQ(counts_.passed_over, 0u);
  EXPECT_THAT(log_, IsEmpty());
}

TEST_F(LocalCopiesTest, ADamagedOneIsGivenUpAndTheFileRead) {
  ASSERT_TRUE(Write("shared/1-a.state"));
  ASSERT_TRUE(Write("shared/1-b.state"));
  disk_.FlipBits("/tm/0/1-a.state", 50'000, 1);
  disk_.FlipBits("/tm/0/1-b.state", 50'000, 1);
  copies_->BeginRestore();
  EXPECT_EQ(*Read("shared/1-a.state"), kBytes);
  EXPECT_EQ(*Read("shared/1-b.state"), kBytes);
  EXPECT_THAT(Kept(), IsEmpty());
  EXPECT_EQ(counts_.passed_over, 2u);
  EXPECT_THAT(log_, ElementsAre(testing::AllOf(HasSubstr("job `sums`"), HasSubstr("1-a.state"),
                                               HasSubstr("do not match their checksum"))));
  copies_->BeginRestore();
  EXPECT_EQ(*Read("shared/1-a.state"), kBytes);
  EXPECT_THAT(log_, ElementsAre(testing::_, HasSubstr("there is none"))) << "once a restore";
}

TEST_F(LocalCopiesTest, ATornOneIsGivenUpAndTheFileRead) {
  ASSERT_TRUE(Write("shared/1-a.state"));
  disk_.Truncate("/tm/0/1-a.state", 99'999);
  EXPECT_EQ(*Read("shared/1-a.state", kBytes.substr(0, 10)), kBytes.substr(0, 10));
  EXPECT_THAT(log_, ElementsAre(HasSubstr("has 99999 bytes, and 100000 were written")));
  EXPECT_THAT(Kept(), IsEmpty());
}

TEST_F(LocalCopiesTest, WhenBothAreDamagedItIsTheFileThatIsTold) {
  ASSERT_TRUE(Write("shared/1-a.state"));
  disk_.FlipBits("/tm/0/1-a.state", 5, 1);
  storage_.FlipBits("/ckp/shared/1-a.state", 5, 1);
  const Result<std::string> read = Read("shared/1-a.state");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
}

TEST_F(LocalCopiesTest, AFullDiskIsNoErrorOfTheCheckpoint) {
  SimulatedFaults faults;
  faults.capacity_bytes = 25'000;
  disk_.SetFaults(faults);
  ASSERT_TRUE(Write("shared/1-a.state"));
  ASSERT_TRUE(Write("shared/1-b.state"));
  EXPECT_EQ(storage_.Peek("/ckp/shared/1-a.state"), kBytes);
  EXPECT_EQ(storage_.Peek("/ckp/shared/1-b.state"), kBytes);
  EXPECT_THAT(Kept(), IsEmpty()) << "no half of one stays";
  EXPECT_EQ(counts_.failed, 2u);
  EXPECT_THAT(log_, ElementsAre(HasSubstr("it goes on without")));
  EXPECT_EQ(*Read("shared/1-a.state"), kBytes);
  disk_.SetFaults({});
  ASSERT_TRUE(Write("shared/2-c.state"));
  EXPECT_THAT(Kept(), ElementsAre("2-c.state"));
}

TEST_F(LocalCopiesTest, AFileThatFailsHasNoCopy) {
  SimulatedFaults faults;
  faults.sync_fails = 1;
  storage_.SetFaults(faults);
  EXPECT_FALSE(Write("shared/1-a.state"));
  EXPECT_THAT(Kept(), IsEmpty());
}

// A database, and copies of its files on the machine's disk.
class StoreCopiesTest : public testing::Test {
 protected:
  StoreCopiesTest()
      : base_(testing::TempDir() + "/local_copies_test." + std::to_string(getpid())),
        state_({base_ + "/tm"}, [this](const std::string& line) {
          log_.push_back(line);
          if (on_log_) on_log_();
        }) {
    fs::create_directories(base_ + "/ckp/shared");
    copies_ = state_.MakeFor("sums");
    EXPECT_NE(copies_, nullptr);
    backend_ = *RocksBackend::Open({base_, 4 << 20, 1}, nullptr);
  }
  ~StoreCopiesTest() override {
    backend_.reset();
    copies_.reset();
    fs::remove_all(base_);
  }

  KeptStore Keep(const KeptFiles& confirmed = {}) {
    auto store = RocksBackend::MakeStore(backend_);
    const StoredEntry entry{"p1", "one"};
    EXPECT_TRUE((*store)->Write({&entry, 1}));
    auto cut = (*store)->Cut(true);
    Result<KeptStore> kept = KeepStore(
        **cut, confirmed, &files_, base_ + "/ckp",
        [this] { return "shared/1-" + std::to_string(names_++) + ".state"; }, copies_.get());
    EXPECT_TRUE(kept);
    return *std::move(kept);
  }
  // All of what is in a store that begins with these files.
  std::string Open(const KeptStore& kept) {
    auto store =
        OpenKeptStore(backend_, kept.handle, &files_, base_ + "/ckp", false, copies_.get());
    if (!store) return store.error().message;
    std::string value;
    return *(*store)->Get("p1", &value) ? value : "nothing";
  }
  // Other bytes under the name; a link to the old ones keeps those.
  static void Damage(const std::string& path) {
    fs::copy_file(path, path + ".new");
    std::fstream file(path + ".new", std::ios::in | std::ios::out | std::ios::binary);
    const auto last = static_cast<int>(fs::file_size(path)) - 1;
    file.seekg(last);
    const int byte = file.get();
    file.seekp(last);
    file.put(static_cast<char>(byte ^ 1));
    file.close();
    fs::rename(path + ".new", path);
  }
  std::vector<std::string> CopiedFiles() const {
    std::vector<std::string> paths;
    for (const auto& entry : fs::recursive_directory_iterator(base_ + "/tm")) {
      if (entry.path().extension() == ".state") paths.push_back(entry.path());
    }
    return paths;
  }

  const std::string base_;
  std::vector<std::string> log_;
  std::function<void()> on_log_;
  LocalFileSystem files_;
  LocalState state_;
  std::shared_ptr<LocalCopies> copies_;
  std::shared_ptr<RocksBackend> backend_;
  int names_ = 0;
};

TEST_F(StoreCopiesTest, ADatabaseBeginsWithItsCopies) {
  const KeptStore kept = Keep();
  ASSERT_GE(kept.written.size(), 3u);
  EXPECT_EQ(CopiedFiles().size(), kept.written.size());
  for (const proto::StoreHandle::File& file : kept.written) Damage(base_ + "/ckp/" + file.file());
  EXPECT_EQ(Open(kept), "one");
  EXPECT_EQ(state_.counts().read, kept.written.size());
  EXPECT_EQ(state_.counts().passed_over, 0u);
}

TEST_F(StoreCopiesTest, ADatabaseBeginsWithTheFilesWhereCopiesAreDamagedOrGone) {
  const KeptStore kept = Keep();
  const std::vector<std::string> copied = CopiedFiles();
  for (const std::string& path : copied) Damage(path);
  EXPECT_EQ(Open(kept), "one");
  EXPECT_EQ(state_.counts().read, 0u);
  EXPECT_EQ(state_.counts().passed_over, copied.size());
  EXPECT_THAT(CopiedFiles(), IsEmpty());
  EXPECT_THAT(log_, ElementsAre(HasSubstr("do not match their checksum")));
  EXPECT_EQ(Open(kept), "one") << "there are none at all";
}

TEST_F(StoreCopiesTest, ADatabaseBeginsWithTheFilesWhereACopyVanishesThatWasGood) {
  const KeptStore kept = Keep();
  const auto copy_of = [&](int file) {
    const fs::path name = fs::path(kept.handle.files(file).file()).filename();
    for (const std::string& path : CopiedFiles()) {
      if (fs::path(path).filename() == name) return path;
    }
    return std::string();
  };
  const std::string first = copy_of(0);
  // That the last one is missing is said when the first has been looked at.
  fs::remove(copy_of(kept.handle.files_size() - 1));
  on_log_ = [&] { fs::remove(first); };
  EXPECT_EQ(Open(kept), "one");
  EXPECT_FALSE(fs::exists(first));
  EXPECT_EQ(state_.counts().read, kept.written.size() - 1);
  EXPECT_EQ(state_.counts().passed_over, kept.written.size()) << "none of them is trusted again";
}

TEST_F(StoreCopiesTest, AFileThatIsReferredToGetsTheCopyThatItLacks) {
  const KeptStore kept = Keep();
  copies_->OnWritten(1, {});
  copies_->OnComplete(1);
  ASSERT_THAT(CopiedFiles(), IsEmpty());
  KeptFiles confirmed;
  for (const proto::StoreHandle::File& file : kept.handle.files()) confirmed[file.name()] = file;
  const KeptStore again = Keep(confirmed);
  EXPECT_LT(again.written.size(), kept.written.size());
  EXPECT_EQ(CopiedFiles().size(), static_cast<size_t>(again.handle.files_size()));
}

TEST_F(StoreCopiesTest, WhatTheDeadHaveLeftIsRemovedAtTheStart) {
  Keep();
  const std::vector<std::string> living = CopiedFiles();
  ASSERT_FALSE(living.empty());
  const std::string dead =
      fs::path(living[0]).parent_path().parent_path().parent_path().string() + "/1-dead";
  fs::create_directories(dead + "/0");
  std::ofstream(dead + "/0/1-a.state") << "rows";
  const LocalState next({base_ + "/tm"}, nullptr);
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_EQ(CopiedFiles(), living);
}

TEST_F(StoreCopiesTest, ADirectoryThatCannotBeMadeIsSaidAndCounted) {
  std::ofstream(base_ + "/file") << "";
  LocalState state({base_ + "/file"}, [this](const std::string& line) { log_.push_back(line); });
  EXPECT_EQ(state.MakeFor("sums"), nullptr);
  EXPECT_EQ(state.counts().failed, 1u);
  EXPECT_THAT(log_, ElementsAre(HasSubstr("job `sums`: local copies of its state cannot be made")));
  LocalState other({base_ + "/file", base_ + "/other"}, nullptr);
  EXPECT_NE(other.MakeFor("sums"), nullptr);
  EXPECT_NE(other.MakeFor("sums"), nullptr) << "there is a directory that can have them";
}

}  // namespace
}  // namespace flinkc
