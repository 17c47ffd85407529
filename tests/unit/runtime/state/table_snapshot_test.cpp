// Tables that are frozen at a barrier and go on changing: what is written is the table as it was,
// and reading it back gives the same rows.
#include "runtime/state/table_snapshot.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <atomic>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/abi/hash.h"
#include "runtime/state/operator_state.h"
#include "runtime/state/segment.h"
#include "runtime/state/state_reader.h"
#include "runtime/state/state_writer.h"
#include "tests/unit/runtime/state/text_rows.h"

namespace flinkc {
namespace {

void RemoveSome(MemoryTable& table, TextModel& model, uint64_t random) {
  if (table.row_count == 0) return;
  const uint64_t row = random % table.row_count;
  StringValue key;
  std::memcpy(&key, table.Key(row), sizeof(key));
  ASSERT_EQ(model.erase(std::string(key.view())), 1u);
  table.Remove(row);
}

// Files in memory.
class Files : public SegmentSource {
 public:
  Result<std::string> Read(const std::string& file, uint64_t offset, uint64_t length) override {
    const std::string& bytes = contents[file];
    if (offset > bytes.size() || length > bytes.size() - offset) {
      return MakeError(ErrorCode::kCorrupt, file + " is shorter");
    }
    return bytes.substr(offset, length);
  }
  std::map<std::string, std::string> contents;
};

class FileSink : public StateFileSink {
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

TextModel RestoredFrom(const WrittenState& written, const StateLayout& layout, Files* files) {
  OperatorState restored(layout, nullptr);
  const Status status =
      RestoreState(written.states[0], KeyGroupRange{0, 127, 128}, files, &restored);
  EXPECT_TRUE(status) << status.error().message;
  return TextContents(*restored.table());
}

// Row: [hash][key: i64][sum: i64]: nothing outside the row, which is kept range by range.
StateLayout NumberLayout() {
  StateLayout layout;
  layout.state_id = "numbers/aggregate";
  layout.key_bytes = 8;
  layout.row_bytes = 24;
  layout.schema.key_bytes = 8;
  layout.schema.row_bytes = 24;
  layout.schema.keys = {{"k", DataType(TypeKind::kBigint, false), 8, std::nullopt}};
  layout.schema.accumulators = {
      {"n", "count(*)", "count", "", {}, DataType(TypeKind::kBigint), 16, 8, {}, std::nullopt}};
  return layout;
}

using NumberModel = std::map<int64_t, int64_t>;

void UpdateNumber(MemoryTable& table, NumberModel& model, int64_t key) {
  char* row = nullptr;
  const auto* bytes = reinterpret_cast<const char*>(&key);
  ASSERT_NE(FindOrInsert(&table, HashBytes(bytes, sizeof(key)), bytes, sizeof(key), &row),
            ProbeResult::kMemoryLimit);
  const int64_t count = ++model[key];
  std::memcpy(row + 16, &count, sizeof(count));
}

NumberModel NumbersIn(const MemoryTable& table) {
  NumberModel model;
  for (uint64_t row = 0; row < table.row_count; ++row) {
    int64_t key, count;
    std::memcpy(&key, table.Row(row) + 8, sizeof(key));
    std::memcpy(&count, table.Row(row) + 16, sizeof(count));
    model[key] = count;
  }
  return model;
}

TEST(TableSnapshot, KeepsRangesOfRowsWhileTheTableGoesOnChanging) {
  const StateLayout layout = NumberLayout();
  MemoryPool memory;
  {
    OperatorState state(layout, &memory);
    Files files;
    NumberModel model;
    std::mt19937_64 random(11);
    std::vector<FrozenState> unconfirmed;
    for (int checkpoint = 0; checkpoint < 40; ++checkpoint) {
      // The last chunk grows while it is frozen, and many chunks are written to by a few rows only.
      for (int i = 0; i < 3'000; ++i) {
        UpdateNumber(*state.table(), model,
                     static_cast<int64_t>(random() % (2'000 + 400 * checkpoint)));
      }
      const NumberModel expected = model;
      const FrozenState frozen = state.Freeze({});
      // The worker is first, or the background, or both at the same time.
      for (int i = 0; i < 300 && checkpoint % 3 == 0; ++i) {
        UpdateNumber(*state.table(), model, static_cast<int64_t>(random() % 20'000));
      }
      std::atomic<bool> writing = true;
      Result<WrittenState> written = MakeError(ErrorCode::kInternal, "not run");
      std::thread background([&] {
        FileSink sink(&files, "shared/" + std::to_string(checkpoint));
        written = WriteState({frozen}, &sink);
        writing = false;
      });
      do {
        UpdateNumber(*state.table(), model, static_cast<int64_t>(random() % 20'000));
      } while (writing && checkpoint % 3 != 2);
      background.join();
      ASSERT_TRUE(written) << written.error().message;
      OperatorState restored(layout, nullptr);
      const Status read =
          RestoreState(written->states[0], KeyGroupRange{0, 127, 128}, &files, &restored);
      ASSERT_TRUE(read) << read.error().message;
      EXPECT_EQ(NumbersIn(*restored.table()), expected) << checkpoint;
      EXPECT_EQ(NumbersIn(*state.table()), model);
      // One that nobody wants any more may still be open when the next is taken.
      if (checkpoint % 4 == 3) {
        unconfirmed.push_back(state.Freeze({}));
        UpdateNumber(*state.table(), model, 7);
      }
      state.Confirm(frozen);
      if (unconfirmed.size() == 2) {
        for (const FrozenState& given_up : std::exchange(unconfirmed, {})) state.Forget(given_up);
      }
    }
    for (const FrozenState& given_up : unconfirmed) state.Forget(given_up);
    EXPECT_FALSE(state.table()->is_frozen());
  }
  EXPECT_EQ(memory.used_bytes(), 0u);
}

TEST(TableSnapshot, ARowIsKeptAndNotItsChunk) {
  const StateLayout layout = NumberLayout();
  MemoryTable table(layout, nullptr);
  NumberModel model;
  for (int64_t key = 0; key < 1'500; ++key) UpdateNumber(table, model, key);
  const std::shared_ptr<TableSnapshot> snapshot = table.Freeze({});
  EXPECT_FALSE(snapshot->KeepBeforeWrite(0, 100)) << "only what stands around it";
  EXPECT_FALSE(snapshot->KeepBeforeWrite(0, 100));
  EXPECT_FALSE(snapshot->KeepBeforeWrite(1, 1'000)) << "a row that came later";
  EXPECT_FALSE(snapshot->is_done());
  bool all_rows = false;
  for (uint32_t row = 0; row < 1'024; ++row) {
    EXPECT_FALSE(all_rows) << row;
    all_rows = snapshot->KeepBeforeWrite(0, row);
    if (row >= 1'008) break;
  }
  EXPECT_TRUE(all_rows);
  std::string bytes;
  ASSERT_TRUE(snapshot->Take(0, &bytes));
  const Result<SegmentReader> rows = SegmentReader::Open(bytes, layout);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->row_count(), 1'024u);
  EXPECT_EQ(std::memcmp(rows->Row(0), table.Row(0), 1'024 * 24), 0);
  snapshot->Encode(1);
  EXPECT_TRUE(snapshot->is_done());
}

TEST(TableSnapshot, ShowsTheTableAsItWasWhileItGoesOnChanging) {
  const StateLayout layout = TextLayout();
  MemoryPool memory;
  {
    OperatorState state(layout, &memory);
    Files files;
    TextModel model;
    std::mt19937_64 random(7);
    for (int checkpoint = 0; checkpoint < 20; ++checkpoint) {
      for (int i = 0; i < 5'000; ++i)
        UpdateText(*state.table(), model, TextKeyOf(random() % 9'000), 'a');
      const TextModel expected = model;
      const FrozenState frozen = state.Freeze({});
      std::atomic<bool> writing = true;
      Result<WrittenState> written = MakeError(ErrorCode::kInternal, "not run");
      std::thread background([&] {
        FileSink sink(&files, "shared/" + std::to_string(checkpoint));
        written = WriteState({frozen}, &sink);
        writing = false;
      });
      do {
        UpdateText(*state.table(), model, TextKeyOf(random() % 9'000), 'b');
        if (random() % 3 == 0) RemoveSome(*state.table(), model, random());
      } while (writing);
      // Sometimes down to a few chunks.
      for (int i = 0; i < 6'000 && checkpoint % 5 == 4; ++i) {
        RemoveSome(*state.table(), model, random());
      }
      background.join();
      ASSERT_TRUE(written) << written.error().message;
      EXPECT_EQ(RestoredFrom(*written, layout, &files), expected);
      EXPECT_EQ(TextContents(*state.table()), model);
      if (checkpoint % 3 == 2) {
        state.Forget(frozen);
      } else {
        state.Confirm(frozen);
      }
    }
    EXPECT_FALSE(state.table()->is_frozen());
  }
  EXPECT_EQ(memory.used_bytes(), 0u);
}

TEST(TableSnapshot, WritesOnlyWhatHasChangedSinceAConfirmedOne) {
  const StateLayout layout = TextLayout();
  OperatorState state(layout, nullptr);
  Files files;
  TextModel model;
  for (uint64_t i = 0; i < 10'000; ++i) UpdateText(*state.table(), model, TextKeyOf(i), 'a');
  const auto checkpoint = [&](const std::string& name, const StateFileSet& rewrite = {}) {
    const FrozenState frozen = state.Freeze(rewrite);
    FileSink sink(&files, name);
    Result<WrittenState> written = WriteState({frozen}, &sink);
    EXPECT_TRUE(written);
    return std::pair(frozen, *std::move(written));
  };
  const auto [first, first_written] = checkpoint("1");
  EXPECT_EQ(first_written.written_bytes, first_written.state_bytes);
  // Not yet confirmed: everything once more.
  const auto [second, second_written] = checkpoint("2");
  EXPECT_EQ(second_written.written_bytes, second_written.state_bytes);
  state.Forget(first);
  state.Confirm(second);
  const auto [third, third_written] = checkpoint("3");
  EXPECT_EQ(third_written.written_bytes, 0u);
  EXPECT_EQ(third_written.file, nullptr);
  EXPECT_EQ(third_written.state_bytes, second_written.state_bytes);
  state.Confirm(third);
  // One row of ten chunks.
  UpdateText(*state.table(), model, TextKeyOf(0), 'b');
  const auto [fourth, fourth_written] = checkpoint("4");
  EXPECT_GT(fourth_written.written_bytes, 0u);
  EXPECT_LT(fourth_written.written_bytes, fourth_written.state_bytes / 5);
  EXPECT_EQ(RestoredFrom(fourth_written, layout, &files), model);
  state.Confirm(fourth);
  std::map<const StateFile*, uint64_t> live;
  state.CountStoredBytes(&live);
  ASSERT_EQ(live.size(), 2u);
  // What lies in the old file is written once more.
  const auto [fifth, fifth_written] = checkpoint("5", {second_written.file.get()});
  EXPECT_EQ(fifth_written.written_bytes, live[second_written.file.get()]);
  files.contents.erase("1");
  files.contents.erase("2");
  EXPECT_EQ(RestoredFrom(fifth_written, layout, &files), model);
}

TEST(TableSnapshot, FailsWhenTheTableGoesBeforeItIsWritten) {
  const StateLayout layout = TextLayout();
  MemoryPool memory;
  FrozenState frozen;
  {
    OperatorState state(layout, &memory);
    TextModel model;
    for (uint64_t i = 0; i < 3'000; ++i) UpdateText(*state.table(), model, TextKeyOf(i), 'a');
    frozen = state.Freeze({});
  }
  Files files;
  FileSink sink(&files, "1");
  EXPECT_FALSE(WriteState({frozen}, &sink));
  EXPECT_EQ(memory.used_bytes(), 0u);
}

TEST(TableSnapshot, FailsBeforeTheJobDoesWhenMemoryIsShort) {
  const StateLayout layout = TextLayout();
  MemoryPool memory(1 << 20);
  OperatorState state(layout, &memory);
  TextModel model;
  while (memory.used_bytes() < 900'000)
    UpdateText(*state.table(), model, TextKeyOf(model.size()), 'a');
  const FrozenState frozen = state.Freeze({});
  for (uint64_t i = 0; i < model.size(); ++i) UpdateText(*state.table(), model, TextKeyOf(i), 'b');
  EXPECT_EQ(TextContents(*state.table()), model);
  EXPECT_FALSE(memory.over_limit());
  Files files;
  FileSink sink(&files, "1");
  const Result<WrittenState> written = WriteState({frozen}, &sink);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kMemoryLimit);
}

TEST(StateReader, GivesEachSubtaskItsKeyGroups) {
  const StateLayout layout = TextLayout();
  OperatorState state(layout, nullptr);
  Files files;
  TextModel model;
  for (uint64_t i = 0; i < 5'000; ++i) UpdateText(*state.table(), model, TextKeyOf(i), 'a');
  FileSink sink(&files, "1");
  const Result<WrittenState> written = WriteState({state.Freeze({})}, &sink);
  ASSERT_TRUE(written);
  TextModel together;
  for (uint32_t subtask = 0; subtask < 3; ++subtask) {
    OperatorState part(layout, nullptr);
    ASSERT_TRUE(
        RestoreState(written->states[0], KeyGroupRange::Of(subtask, 3, 128), &files, &part));
    EXPECT_NEAR(static_cast<double>(part.table()->row_count), 5'000 / 3.0, 300);
    const TextModel rows = TextContents(*part.table());
    together.insert(rows.begin(), rows.end());
  }
  EXPECT_EQ(together, model);
}

TEST(StateReader, RefusesEveryFlippedBit) {
  const StateLayout layout = TextLayout();
  OperatorState state(layout, nullptr);
  Files files;
  TextModel model;
  for (uint64_t i = 0; i < 50; ++i) UpdateText(*state.table(), model, TextKeyOf(i), 'a');
  FileSink sink(&files, "1");
  Result<WrittenState> written = WriteState({state.Freeze({})}, &sink);
  ASSERT_TRUE(written);
  const std::string whole = files.contents["1"];
  for (size_t bit = 0; bit < whole.size() * 8; bit += 7) {
    files.contents["1"] = whole;
    files.contents["1"][bit / 8] ^= static_cast<char>(1 << bit % 8);
    OperatorState restored(layout, nullptr);
    const Status status =
        RestoreState(written->states[0], KeyGroupRange{0, 127, 128}, &files, &restored);
    ASSERT_FALSE(status) << bit;
    EXPECT_EQ(status.error().code, ErrorCode::kCorrupt);
    // Even with a checksum that fits, no byte leads outside of the segment.
    proto::StateSnapshot forged = written->states[0];
    forged.mutable_tables(0)->mutable_segments()->set_checksum(
        0, XXH3_64bits(files.contents["1"].data(), files.contents["1"].size()));
    OperatorState other(layout, nullptr);
    static_cast<void>(RestoreState(forged, KeyGroupRange{0, 127, 128}, &files, &other));
    static_cast<void>(TextContents(*other.table()));
  }
}

TEST(StateReader, MakesWiderKeysAndNewAggregates) {
  StateLayout narrow;
  narrow.state_id = "s/aggregate";
  narrow.key_bytes = 8;
  narrow.row_bytes = 24;
  narrow.schema = {
      24,
      8,
      {{"k", DataType(TypeKind::kInt, false), 8, std::nullopt}},
      {{"n", "count(*)", "count", "", {}, DataType(TypeKind::kBigint), 16, 8, {}, {}}}};
  StateLayout wide = narrow;
  wide.key_bytes = 16;
  wide.row_bytes = 40;
  wide.schema = {40,
                 16,
                 {{"k", DataType(TypeKind::kBigint, true), 8, 16}},
                 {{"sum", "sum(x)", "sum", "x", {}, DataType(TypeKind::kBigint), 24, 8, {}, {}},
                  {"n", "count(*)", "count", "", {}, DataType(TypeKind::kBigint), 32, 8, {}, {}}}};
  OperatorState before(narrow, nullptr);
  for (int32_t i = -500; i < 500; ++i) {
    char key[8] = {};
    std::memcpy(key, &i, sizeof(i));
    char* row = nullptr;
    FindOrInsert(before.table(), HashInteger(i), key, 8, &row);
    const int64_t count = i * 10;
    std::memcpy(row + 16, &count, sizeof(count));
  }
  Files files;
  FileSink sink(&files, "1");
  const Result<WrittenState> written = WriteState({before.Freeze({})}, &sink);
  ASSERT_TRUE(written);
  OperatorState after(wide, nullptr);
  const Status restored =
      RestoreState(written->states[0], KeyGroupRange{0, 127, 128}, &files, &after);
  ASSERT_TRUE(restored) << restored.error().message;
  ASSERT_EQ(after.table()->row_count, 1000u);
  for (int64_t i = -500; i < 500; ++i) {
    char key[16] = {};
    std::memcpy(key, &i, sizeof(i));
    char* row = nullptr;
    ASSERT_EQ(FindOrInsert(after.table(), HashInteger(i), key, 16, &row), ProbeResult::kFound);
    int64_t sum, count;
    std::memcpy(&sum, row + 24, sizeof(sum));
    std::memcpy(&count, row + 32, sizeof(count));
    EXPECT_EQ(sum, 0);
    EXPECT_EQ(count, i * 10);
  }
  // And not back.
  FileSink other(&files, "2");
  const Result<WrittenState> wide_written = WriteState({after.Freeze({})}, &other);
  ASSERT_TRUE(wide_written);
  OperatorState again(narrow, nullptr);
  const Status refused =
      RestoreState(wide_written->states[0], KeyGroupRange{0, 127, 128}, &files, &again);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kStateIncompatible);
  EXPECT_NE(refused.error().message.find("its key `k` is BIGINT, which cannot become INT NOT NULL"),
            std::string::npos)
      << refused.error().message;
}

}  // namespace
}  // namespace flinkc
