#include "runtime/rest/async_operations.h"

#include <gtest/gtest.h>

namespace flinkc {
namespace {

AsyncOperation Savepoint(std::string trigger, std::string target = "/sp") {
  AsyncOperation operation;
  operation.job_id = "job";
  operation.trigger_id = std::move(trigger);
  operation.kind = BarrierKind::kSavepoint;
  operation.target = std::move(target);
  return operation;
}

TEST(AsyncOperationsTest, ARepeatedRequestStartsNothing) {
  AsyncOperations operations;
  uint64_t first = 0, again = 0;
  EXPECT_TRUE(*operations.Add(Savepoint("t"), 0, &first));
  EXPECT_FALSE(*operations.Add(Savepoint("t"), 0, &again));
  EXPECT_EQ(again, 0u);
  operations.Complete(first, 7, "/sp/x", std::nullopt, 0);
  EXPECT_FALSE(*operations.Add(Savepoint("t"), 0, &again));
  const std::optional<AsyncOperation> found = operations.Find("job", "t");
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->completed);
  EXPECT_EQ(found->path, "/sp/x");
}

TEST(AsyncOperationsTest, ATriggerIdBelongsToOneRequest) {
  AsyncOperations operations;
  uint64_t id = 0;
  ASSERT_TRUE(operations.Add(Savepoint("t"), 0, &id));
  AsyncOperation stop = Savepoint("t");
  stop.kind = BarrierKind::kStop;
  EXPECT_EQ(operations.Add(stop, 0, &id).error().code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(operations.Add(Savepoint("t", "/other"), 0, &id).error().code,
            ErrorCode::kAlreadyExists);
  // Another job's are its own.
  AsyncOperation other = Savepoint("t");
  other.job_id = "other";
  EXPECT_TRUE(*operations.Add(other, 0, &id));
}

TEST(AsyncOperationsTest, TheFirstResultCounts) {
  AsyncOperations operations;
  uint64_t id = 0;
  ASSERT_TRUE(operations.Add(Savepoint("t"), 0, &id));
  operations.Complete(id + 1, 1, "/wrong", std::nullopt, 0);
  EXPECT_FALSE(operations.Find("job", "t")->completed);
  operations.Complete(id, 0, "", Error{ErrorCode::kNoSpace, "full"}, 0);
  operations.Complete(id, 1, "/late", std::nullopt, 0);
  EXPECT_EQ(operations.Find("job", "t")->error->message, "full");
}

TEST(AsyncOperationsTest, ResultsWaitToBeFetched) {
  AsyncOperations operations;
  EXPECT_FALSE(operations.HasUnfetched());
  uint64_t id = 0;
  ASSERT_TRUE(operations.Add(Savepoint("t"), 0, &id));
  operations.Find("job", "t");
  EXPECT_TRUE(operations.HasUnfetched()) << "it is under way";
  operations.Complete(id, 1, "/sp/x", std::nullopt, 0);
  EXPECT_TRUE(operations.HasUnfetched());
  operations.Find("job", "t");
  EXPECT_FALSE(operations.HasUnfetched());
}

TEST(AsyncOperationsTest, ResultsGoWithTimeAndThoseUnderWayStay) {
  AsyncOperations operations;
  uint64_t done = 0, open = 0, id = 0;
  ASSERT_TRUE(operations.Add(Savepoint("done"), 0, &done));
  ASSERT_TRUE(operations.Add(Savepoint("open"), 0, &open));
  operations.Complete(done, 1, "/sp/x", std::nullopt, 10);
  ASSERT_TRUE(operations.Add(Savepoint("a"), 9 + AsyncOperations::kResultsKeptMicros, &id));
  EXPECT_TRUE(operations.Find("job", "done").has_value());
  ASSERT_TRUE(operations.Add(Savepoint("b"), 10 + AsyncOperations::kResultsKeptMicros, &id));
  EXPECT_FALSE(operations.Find("job", "done").has_value());
  EXPECT_TRUE(operations.Find("job", "open").has_value());
}

TEST(AsyncOperationsTest, AreBounded) {
  AsyncOperations operations;
  uint64_t id = 0;
  for (size_t i = 0; i < AsyncOperations::kOperationsMax; ++i) {
    ASSERT_TRUE(operations.Add(Savepoint(std::to_string(i)), 0, &id));
  }
  EXPECT_EQ(operations.Add(Savepoint("more"), 0, &id).error().code, ErrorCode::kUnavailable);
  operations.Complete(id, 1, "/sp/x", std::nullopt, 0);
  EXPECT_FALSE(operations.Add(Savepoint("more"), 0, &id)) << "nobody has seen that result yet";
  operations.Find("job", std::to_string(AsyncOperations::kOperationsMax - 1));
  EXPECT_TRUE(operations.Add(Savepoint("more"), 0, &id));
}

}  // namespace
}  // namespace flinkc
