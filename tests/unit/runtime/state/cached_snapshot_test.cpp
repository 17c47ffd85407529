// Checkpoints of tables before a store: segments of the rows in memory beside the store's cut.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/memory_pool.h"
#include "runtime/checkpoint/segment_handles.h"
#include "runtime/state/operator_state.h"
#include "runtime/state/state_reader.h"
#include "runtime/state/state_store.h"
#include "runtime/state/state_writer.h"
#include "runtime/state/stored_row.h"
#include "tests/unit/runtime/state/map_store.h"
#include "tests/unit/runtime/state/text_rows.h"

namespace flinkc {
namespace {

constexpr uint16_t kNumber = 7;
constexpr KeyGroupRange kAll{0, 127, 128};

// Files in memory, which later checkpoints may refer to.
class Files final : public SegmentSource {
 public:
  Result<std::string> Read(const std::string& file, uint64_t offset, uint64_t length) override {
    return contents.at(file).substr(offset, length);
  }
  std::shared_ptr<const StateFile> FileOf(const std::string& file) override {
    std::shared_ptr<const StateFile>& known = known_[file];
    if (known == nullptr) {
      known = std::make_shared<StateFile>(StateFile{file, contents.at(file).size()});
    }
    return known;
  }
  std::map<std::string, std::string> contents;

 private:
  std::map<std::string, std::shared_ptr<const StateFile>> known_;
};

class FileSink final : public StateFileSink {
 public:
  FileSink(Files* files, std::string path) : files_(files), path_(std::move(path)) {}
  Status Append(std::string_view bytes) override {
    files_->contents[path_] += bytes;
    return {};
  }
  Status Finish() override { return {}; }
  const std::string& path() const override { return path_; }

 private:
  Files* const files_;
  const std::string path_;
};

std::shared_ptr<MapStore> StoreOf(StoreCut& cut) {
  const auto store = std::make_shared<MapStore>();
  const std::unique_ptr<RowCursor> cursor = cut.Scan("", "\xFF");
  StoredEntry entry;
  while (*cursor->Next(&entry)) EXPECT_TRUE(store->Write({&entry, 1}));
  return store;
}

// A state before a store of its own.
struct Cached {
  Cached(const StateLayout& layout, MemoryPool* memory, std::shared_ptr<RowStore> rows,
         size_t cache_bytes)
      : store(std::move(rows), cache_bytes, &clock), state(layout, memory, &store, kNumber) {}

  MemoryTable& table() { return *state.table(); }
  // Some random updates and removals, here and in the model.
  void Change(TextModel& model, std::mt19937_64& random, int count) {
    for (int i = 0; i < count; ++i) {
      UpdateText(table(), model, TextKeyOf(random() % 6'000), static_cast<char>('a' + i % 26));
      if (random() % 8 == 0) RemoveOne(model, TextKeyOf(random() % 6'000));
      if (random() % 300 == 0) ASSERT_TRUE(store.Trim());
    }
  }
  void RemoveOne(TextModel& model, const std::string& key) {
    const StringValue view = MakeStringValue(key.data(), static_cast<uint32_t>(key.size()));
    const std::optional<uint64_t> row =
        table().NumberOf(HashBytes(view.data(), view.size), reinterpret_cast<const char*>(&view));
    if (!row) return;
    table().Remove(*row);
    model.erase(key);
  }

  SystemClock clock;
  StateStore store;
  OperatorState state;
};

struct Taken {
  FrozenState frozen;
  std::shared_ptr<StoreSnapshot> snapshot;
};

Taken Freeze(Cached& cached) {
  EXPECT_TRUE(cached.store.Seal());
  Taken taken;
  taken.frozen = cached.state.Freeze({}, FreezeInto::kSegments);
  auto snapshot = cached.store.Freeze({taken.frozen}, /*with_files=*/true);
  EXPECT_TRUE(snapshot);
  taken.snapshot = *snapshot;
  return taken;
}

TEST(CachedSnapshot, IsWhatWasThereAtTheBarrier) {
  const StateLayout layout = TextLayout();
  MemoryPool memory;
  for (const size_t cache_bytes : {200'000, 600'000, 100'000'000}) {
    Files files;
    Cached cached(layout, &memory, std::make_shared<MapStore>(), cache_bytes);
    TextModel model;
    std::mt19937_64 random(cache_bytes);
    uint64_t refers_to_store = 0;
    for (int checkpoint = 0; checkpoint < 12; ++checkpoint) {
      cached.Change(model, random, 4'000);
      const TextModel expected = model;
      const Taken taken = Freeze(cached);
      cached.Change(model, random, static_cast<int>(random() % 2'000));
      ASSERT_TRUE(taken.snapshot->Seal());
      cached.Change(model, random, static_cast<int>(random() % 2'000));
      FileSink sink(&files, "shared/" + std::to_string(checkpoint));
      const Result<WrittenState> written = WriteState({taken.frozen}, &sink);
      ASSERT_TRUE(written) << written.error().message;
      const proto::StateSnapshot& stored = written->states[0];
      refers_to_store += stored.tables(0).in_store() ? 1 : 0;

      // Gone on with as it is.
      Cached adopted(layout, &memory, StoreOf(taken.snapshot->cut()), cache_bytes);
      Status status = AdoptState(stored, kAll, &files, &adopted.state);
      ASSERT_TRUE(status) << status.error().message;
      TextModel its_model = expected;
      EXPECT_EQ(TextContents(adopted.table()), its_model);
      adopted.Change(its_model, random, 3'000);
      EXPECT_EQ(TextContents(adopted.table()), its_model);

      // Divided, and in memory alone.
      TextModel divided;
      for (const KeyGroupRange range : {KeyGroupRange{0, 40, 128}, KeyGroupRange{41, 127, 128}}) {
        Cached part(layout, &memory, std::make_shared<MapStore>(), cache_bytes);
        status =
            RestoreState(stored, range, &files, &part.state, StoreOf(taken.snapshot->cut()).get());
        ASSERT_TRUE(status) << status.error().message;
        const TextModel rows = TextContents(part.table());
        EXPECT_LT(rows.size(), expected.size());
        divided.insert(rows.begin(), rows.end());
      }
      EXPECT_EQ(divided, expected);
      OperatorState all(layout, &memory);
      status = RestoreState(stored, kAll, &files, &all, StoreOf(taken.snapshot->cut()).get());
      ASSERT_TRUE(status) << status.error().message;
      EXPECT_EQ(TextContents(*all.table()), expected);

      EXPECT_EQ(TextContents(cached.table()), model);
      checkpoint % 3 == 2 ? cached.state.Forget(taken.frozen) : cached.state.Confirm(taken.frozen);
    }
    EXPECT_EQ(refers_to_store == 0, cache_bytes == 100'000'000);
  }
  EXPECT_EQ(memory.used_bytes(), 0u);
}

// Before a store or not: what was read from segments that may be referred to is not written again.
TEST(CachedSnapshot, RefersToTheSegmentsItWasRestoredFrom) {
  const StateLayout layout = TextLayout();
  MemoryPool memory;
  Files files;
  Cached cached(layout, &memory, std::make_shared<MapStore>(), 600'000);
  TextModel model;
  std::mt19937_64 random(3);
  cached.Change(model, random, 20'000);
  const Taken taken = Freeze(cached);
  ASSERT_TRUE(taken.snapshot->Seal());
  FileSink sink(&files, "shared/1");
  const Result<WrittenState> written = WriteState({taken.frozen}, &sink);
  ASSERT_TRUE(written);
  ASSERT_GT(SegmentCount(written->states[0].tables(0)), 2);
  ASSERT_TRUE(written->states[0].tables(0).in_store());

  Cached adopted(layout, &memory, StoreOf(taken.snapshot->cut()), 2'000'000);
  ASSERT_TRUE(AdoptState(written->states[0], kAll, &files, &adopted.state));
  const auto write = [&](OperatorState& state, const std::string& path) {
    const FrozenState frozen = state.Freeze({}, FreezeInto::kSegments);
    FileSink to(&files, path);
    Result<WrittenState> again = WriteState({frozen}, &to);
    EXPECT_TRUE(again);
    state.Forget(frozen);
    return *std::move(again);
  };
  WrittenState again = write(adopted.state, "shared/2");
  EXPECT_EQ(again.written_bytes, 0u);
  EXPECT_EQ(again.state_bytes, written->state_bytes);

  // Of a row that changes, the chunk.
  adopted.store.Tick();
  ASSERT_TRUE(adopted.table().chunk_count() > 2);
  uint64_t row = UINT64_MAX;
  adopted.table().ForEachRow([&](uint64_t number) { row = std::min(row, number); });
  TouchRow(&adopted.table(), row);
  again = write(adopted.state, "shared/3");
  EXPECT_GT(again.written_bytes, 0u);
  EXPECT_LT(again.written_bytes, again.state_bytes / 2);

  // Told to refer to nothing.
  adopted.state.ForgetKept();
  again = write(adopted.state, "shared/4");
  EXPECT_EQ(again.written_bytes, again.state_bytes);

  // In memory a chunk begins where the one before is full.
  OperatorState in_memory(layout, &memory);
  for (int i = 0; i < 5'000; ++i) UpdateText(*in_memory.table(), model, TextKeyOf(i % 3'000), 'x');
  const WrittenState whole = write(in_memory, "shared/5");
  OperatorState restored(layout, &memory);
  ASSERT_TRUE(RestoreState(whole.states[0], kAll, &files, &restored));
  EXPECT_EQ(write(restored, "shared/6").written_bytes, 0u);
  UpdateText(*restored.table(), model, TextKeyOf(1), 'y');
  const WrittenState one = write(restored, "shared/7");
  EXPECT_GT(one.written_bytes, 0u);
  EXPECT_LT(one.written_bytes, one.state_bytes / 2);
}

}  // namespace
}  // namespace flinkc
