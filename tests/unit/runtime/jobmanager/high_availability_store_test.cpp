#include "runtime/jobmanager/high_availability_store.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "tests/support/simulated_file_system.h"

namespace flinkc {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Store = std::unique_ptr<HighAvailabilityStore>;

proto::StoredJob JobOf(const std::string& id, int64_t submitted_at = 0, size_t bytes = 3000) {
  proto::StoredJob job;
  job.set_job_id(id);
  job.set_job_graph(std::string(bytes, 'g'));
  job.set_submitted_at(submitted_at);
  return job;
}

proto::StoredResult ResultOf(const std::string& id, int64_t end_time = 0) {
  proto::StoredResult result;
  result.mutable_description()->set_job_id(id);
  result.mutable_description()->set_end_time(end_time);
  return result;
}

class HighAvailabilityStoreTest : public testing::Test {
 protected:
  Store Open() {
    Result<Store> store = HighAvailabilityStore::Open(&files_, "/ha");
    EXPECT_TRUE(store) << store.error().message;
    return store ? *std::move(store) : nullptr;
  }
  static FormerJobs Find(HighAvailabilityStore& store) {
    Result<FormerJobs> found = store.Find();
    EXPECT_TRUE(found) << found.error().message;
    return found ? *std::move(found) : FormerJobs();
  }
  static std::vector<std::string> IdsOf(const FormerJobs& former) {
    std::vector<std::string> ids;
    for (const proto::StoredJob& job : former.jobs) ids.push_back(job.job_id());
    return ids;
  }

  SimulatedFileSystem files_{1};
};

TEST_F(HighAvailabilityStoreTest, KeepsJobsAndResultsInOrder) {
  Store store = Open();
  EXPECT_THAT(IdsOf(Find(*store)), IsEmpty());
  ASSERT_TRUE(store->Keep(JobOf("b", 1)));
  ASSERT_TRUE(store->Keep(JobOf("a", 2)));
  ASSERT_TRUE(store->Keep(JobOf("c", 0)));
  ASSERT_TRUE(store->KeepResult(ResultOf("y", 2)));
  ASSERT_TRUE(store->KeepResult(ResultOf("x", 1)));
  ASSERT_TRUE(store->Forget("b"));
  ASSERT_TRUE(store->Forget("b")) << "a second time";
  store.reset();
  files_.Restart();
  const FormerJobs former = Find(*Open());
  EXPECT_THAT(IdsOf(former), ElementsAre("c", "a"));
  ASSERT_EQ(former.results.size(), 2u);
  EXPECT_EQ(former.results[1].description().job_id(), "y");
  EXPECT_THAT(former.damaged, IsEmpty());
}

TEST_F(HighAvailabilityStoreTest, TheNextOneHasALargerEpoch) {
  uint64_t last = 0;
  for (int i = 0; i < 5; ++i) {
    const Store store = Open();
    EXPECT_GT(store->epoch(), last);
    last = store->epoch();
  }
}

TEST_F(HighAvailabilityStoreTest, OneJobManagerADirectory) {
  const Store store = Open();
  const Result<Store> second = HighAvailabilityStore::Open(&files_, "/ha/");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(second.error().message, HasSubstr("another JobManager keeps its jobs in /ha"));
  EXPECT_TRUE(HighAvailabilityStore::Open(&files_, "/other"));
}

// Its lock is lost, not its life.
TEST_F(HighAvailabilityStoreTest, AFormerLeaderSeesThatItIsOne) {
  const Store former = Open();
  EXPECT_TRUE(former->CheckLeads());
  files_.RestartWithoutLoss();
  const Store next = Open();
  EXPECT_TRUE(next->CheckLeads());
  EXPECT_EQ(former->CheckLeads().error().code, ErrorCode::kUnavailable);
  files_.SetFaults({.read_fails = 1});
  EXPECT_EQ(next->CheckLeads().error().code, ErrorCode::kIo) << "nothing is known";
}

TEST_F(HighAvailabilityStoreTest, DamagedFilesAreSetAsideAndNamed) {
  Store store = Open();
  for (const char* id : {"cut", "empty", "flipped", "other", "whole"}) {
    ASSERT_TRUE(store->Keep(JobOf(id)));
  }
  ASSERT_TRUE(store->KeepResult(ResultOf("r")));
  files_.Truncate("/ha/jobs/cut", 100);
  files_.Truncate("/ha/jobs/empty", 0);
  files_.FlipBits("/ha/jobs/flipped", 200, 4);
  ASSERT_TRUE(files_.Rename("/ha/jobs/other", "/ha/jobs/another"));
  files_.FlipBits("/ha/results/r", 0, 1);
  const FormerJobs former = Find(*store);
  EXPECT_THAT(IdsOf(former), ElementsAre("whole"));
  EXPECT_THAT(former.results, IsEmpty());
  EXPECT_THAT(former.damaged,
              ElementsAre(AllOf(HasSubstr("/ha/jobs/another"), HasSubstr("of another job, other")),
                          AllOf(HasSubstr("/ha/jobs/cut"),
                                HasSubstr("set aside as /ha/damaged/cut"), HasSubstr("cut off")),
                          HasSubstr("/ha/jobs/empty"),
                          AllOf(HasSubstr("/ha/jobs/flipped"), HasSubstr("its checksum is wrong")),
                          HasSubstr("/ha/results/r")));
  EXPECT_TRUE(files_.Peek("/ha/damaged/flipped"));
  EXPECT_THAT(Find(*store).damaged, IsEmpty());
  ASSERT_TRUE(store->SetAside("whole"));
  EXPECT_THAT(IdsOf(Find(*store)), IsEmpty());
}

TEST_F(HighAvailabilityStoreTest, WhatCannotBeReadNowIsNotSetAside) {
  Store store = Open();
  ASSERT_TRUE(store->Keep(JobOf("a")));
  files_.SetFaults({.read_fails = 1});
  EXPECT_EQ(store->Find().error().code, ErrorCode::kIo);
  files_.SetFaults({});
  // Of a newer version: the byte behind the head is its number.
  files_.FlipBits("/ha/jobs/a", 4, 2);
  const Result<FormerJobs> found = store->Find();
  EXPECT_EQ(found.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(found.error().message, HasSubstr("/ha/jobs/a"));
  EXPECT_TRUE(files_.Peek("/ha/jobs/a"));
}

TEST_F(HighAvailabilityStoreTest, RemembersTheLastResults) {
  Store store = Open();
  const int count = static_cast<int>(HighAvailabilityStore::kResultsMax) + 10;
  for (int i = 0; i < count; ++i) {
    ASSERT_TRUE(store->KeepResult(ResultOf(fmt::format("{}", i), i)));
    if (i == count / 2) {
      store = nullptr;
      store = Open();
      Find(*store);
    }
  }
  const FormerJobs former = Find(*store);
  ASSERT_EQ(former.results.size(), HighAvailabilityStore::kResultsMax);
  EXPECT_EQ(former.results.front().description().job_id(), "10");
}

TEST_F(HighAvailabilityStoreTest, AFullDiskIsAnErrorAndChangesNothing) {
  Store store = Open();
  ASSERT_TRUE(store->Keep(JobOf("a", 7, 100)));
  files_.SetFaults({.capacity_bytes = 1000});
  EXPECT_EQ(store->Keep(JobOf("a", 8, 5000)).error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(store->Keep(JobOf("b", 8, 5000)).error().code, ErrorCode::kNoSpace);
  files_.SetFaults({});
  store.reset();
  files_.Restart();
  const FormerJobs former = Find(*Open());
  ASSERT_THAT(IdsOf(former), ElementsAre("a"));
  EXPECT_EQ(former.jobs[0].submitted_at(), 7);
}

// What was said to be done is so after any crash, and what was not is half done never.
class Lives {
 public:
  explicit Lives(uint64_t seed) : random_(seed), files_(seed) {}

  void Run() {
    for (int life = 0; life < 8; ++life) {
      files_.SetFaults(life % 2 == 0 ? SimulatedFaults{}
                                     : SimulatedFaults{.write_fails = 0.05,
                                                       .sync_fails = 0.05,
                                                       .sync_directory_fails = 0.05,
                                                       .rename_unknown = 0.1,
                                                       .remove_fails = 0.05});
      files_.CrashAfter(Below(60));
      Live();
      Below(3) == 0 ? files_.RestartWithoutLoss() : files_.Restart();
    }
    files_.SetFaults({});
    Result<Store> store = HighAvailabilityStore::Open(&files_, "/ha");
    ASSERT_TRUE(store) << store.error().message;
    Check(**store);
  }

 private:
  // What may be found of one job.
  struct Known {
    std::set<int64_t> versions;  // by submitted_at
    bool may_be_absent = true;
    bool may_be_there = false;
  };

  int64_t Below(int64_t bound) { return static_cast<int64_t>(random_() % bound); }

  void Live() {
    Result<Store> opened = HighAvailabilityStore::Open(&files_, "/ha");
    if (!opened) return;
    HighAvailabilityStore& store = **opened;
    ASSERT_GT(store.epoch(), epoch_);
    epoch_ = store.epoch();
    if (!Check(store)) return;
    while (!files_.crashed()) {
      const std::string id = fmt::format("job{}", Below(4));
      Known& known = jobs_[id];
      switch (Below(3)) {
        case 0: {
          const int64_t version = ++versions_;
          known.versions.insert(version);
          known.may_be_there = true;
          if (store.Keep(JobOf(id, version))) known = {{version}, false, true};
          break;
        }
        case 1:
          known.may_be_absent = true;
          if (store.Forget(id)) known = {};
          break;
        default:
          may_have_result_.insert(id);
          if (store.KeepResult(ResultOf(id))) has_result_.insert(id);
      }
    }
  }

  // False: it could not be read.
  bool Check(HighAvailabilityStore& store) {
    const Result<FormerJobs> found = store.Find();
    if (!found) return false;
    EXPECT_THAT(found->damaged, IsEmpty());
    std::map<std::string, int64_t> there;
    for (const proto::StoredJob& job : found->jobs) there[job.job_id()] = job.submitted_at();
    for (auto& [id, known] : jobs_) {
      const auto job = there.find(id);
      if (job == there.end()) {
        EXPECT_TRUE(known.may_be_absent) << id;
        known = {};
      } else {
        EXPECT_TRUE(known.may_be_there && known.versions.contains(job->second)) << id;
        known = {{job->second}, false, true};
      }
    }
    std::set<std::string> results;
    for (const proto::StoredResult& result : found->results) {
      results.insert(result.description().job_id());
    }
    for (const std::string& id : has_result_) EXPECT_TRUE(results.contains(id)) << id;
    for (const std::string& id : results) EXPECT_TRUE(may_have_result_.contains(id)) << id;
    has_result_ = may_have_result_ = results;
    return true;
  }

  std::mt19937_64 random_;
  SimulatedFileSystem files_;
  std::map<std::string, Known> jobs_;
  std::set<std::string> has_result_, may_have_result_;
  int64_t versions_ = 0;
  uint64_t epoch_ = 0;
};

TEST(HighAvailabilityStoreLives, HoldWhatWasSaid) {
  for (uint64_t seed = 0; seed < 1000 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Lives(seed).Run();
  }
}

}  // namespace
}  // namespace flinkc
