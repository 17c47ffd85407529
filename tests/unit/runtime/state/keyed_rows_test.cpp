// Lists, multisets, timers and broadcast state: against plain containers, through checkpoints, to
// other parallelisms.
#include "runtime/state/keyed_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <string>

#include "runtime/abi/hash.h"
#include "runtime/state/operator_state.h"
#include "runtime/state/row_codec.h"
#include "runtime/state/state_reader.h"
#include "runtime/state/state_writer.h"
#include "runtime/state/timer_state.h"

namespace flinkc {
namespace {

const DataType kText = DataType::String(0, false, false);
const Schema kKey({{"user", kText}});
const Schema kRows({{"n", DataType(TypeKind::kBigint, false)},
                    {"word", DataType::String()},
                    {"ok", DataType(TypeKind::kBoolean)}});

// One key of kKey, with the bytes that it shows.
class Key {
 public:
  explicit Key(std::string text) : text_(std::move(text)), view_(MakeStringValue(text_)) {}
  StateKey state() const {
    return {HashBytes(view_.data(), view_.size), reinterpret_cast<const char*>(&view_)};
  }

 private:
  std::string text_;
  StringValue view_;
};

std::string UserOf(uint64_t number) {
  return number % 2 == 0 ? std::to_string(number)
                         : "a user with a long name " + std::to_string(number);
}

std::string RowBytes(int64_t n, const std::string* word) {
  RecordBatch batch(kRows, 1, false, false, nullptr);
  batch.Values<int64_t>(0)[0] = n;
  batch.SetValid(1, 0);
  if (word == nullptr) {
    batch.SetNull(1, 0);
  } else {
    batch.Values<StringValue>(1)[0] = MakeStringValue(*word);
  }
  batch.SetValid(2, 0);
  batch.Values<int8_t>(2)[0] = n % 2 == 0;
  batch.set_row_count(1);
  std::string bytes;
  RowCodec(kRows).Append(batch, {0, 1, 2}, 0, &bytes);
  return bytes;
}

std::string RandomRow(std::mt19937_64& random, int64_t numbers) {
  const auto n = static_cast<int64_t>(random() % static_cast<uint64_t>(numbers));
  const std::string word(static_cast<size_t>(n % 40), 'w');
  return RowBytes(n, n % 5 == 0 ? nullptr : &word);
}

std::vector<std::pair<std::string, int64_t>> RowsOf(KeyedRows& rows, const Key& key,
                                                    int64_t now = 0) {
  std::vector<std::pair<std::string, int64_t>> all;
  const Result<RowsOfKey> found = rows.Read(key.state(), now);
  EXPECT_TRUE(found);
  KeyedRow row;
  for (uint32_t at = 0; found->Next(&at, &row);) all.emplace_back(row.bytes, row.count);
  return all;
}

class Files final : public SegmentSource, public StateFileSink {
 public:
  Result<std::string> Read(const std::string&, uint64_t offset, uint64_t length) override {
    return bytes.substr(offset, length);
  }
  Status Append(std::string_view more) override {
    bytes += more;
    return {};
  }
  Status Finish() override { return {}; }
  const std::string& path() const override { return path_; }
  std::string bytes;

 private:
  const std::string path_ = "shared/1";
};

proto::StateSnapshot Snapshot(OperatorState& state, Files* files) {
  const FrozenState frozen = state.Freeze({});
  Result<WrittenState> written = WriteState({frozen}, files);
  EXPECT_TRUE(written);
  state.Forget(frozen);
  return written->states[0];
}

TEST(KeyedRows, AssignsRowsThatTheKeyHas) {
  const StateLayout layout = RowsLayout("s/rows", StateKind::kList, kKey, kRows);
  MemoryTable table(layout, nullptr);
  KeyedRows rows(&table);
  const Key key("somebody with a long name"), other("b");
  const std::string word = "more than twelve bytes";
  for (int64_t n = 0; n < 5; ++n) ASSERT_TRUE(rows.Append(key.state(), RowBytes(n, &word), 0));
  ASSERT_TRUE(rows.Append(other.state(), RowBytes(7, nullptr), 0));
  const auto all = RowsOf(rows, key);
  // Some of them in another order, shown where they stand.
  std::vector<std::string_view> assigned;
  const Result<RowsOfKey> found = rows.Read(key.state(), 0);
  ASSERT_TRUE(found);
  KeyedRow row;
  for (uint32_t at = 0; found->Next(&at, &row);) assigned.push_back(row.bytes);
  std::ranges::reverse(assigned);
  assigned.pop_back();
  ASSERT_TRUE(rows.Assign(key.state(), assigned, 0));
  EXPECT_EQ(RowsOf(rows, key), (decltype(all){all[4], all[3], all[2], all[1]}));
  EXPECT_EQ(RowsOf(rows, other).size(), 1u);
  // None: the key is gone, also if it was not there.
  ASSERT_TRUE(rows.Assign(key.state(), {}, 0));
  EXPECT_TRUE(RowsOf(rows, key).empty());
  EXPECT_EQ(table.row_count, 1);
  ASSERT_TRUE(rows.Assign(key.state(), {}, 0));
  EXPECT_EQ(table.row_count, 1);
}

TEST(RowCodec, GivesBackWhatItWasGiven) {
  const Schema schema({{"a", DataType(TypeKind::kInt)},
                       {"b", DataType::Decimal(30, 2, false)},
                       {"c", DataType::String()},
                       {"d", DataType(TypeKind::kDouble, false)}});
  const RowCodec codec(schema);
  RecordBatch batch(schema, 4, false, false, nullptr);
  const std::string text = "longer than twelve bytes";
  for (int32_t row = 0; row < 4; ++row) {
    batch.SetValid(0, row);
    batch.SetValid(2, row);
    batch.Values<int32_t>(0)[row] = row - 2;
    batch.Values<__int128>(1)[row] = static_cast<__int128>(row) << 90;
    batch.Values<StringValue>(2)[row] =
        MakeStringValue(text.data(), static_cast<uint32_t>(8 * row));
    batch.Values<double>(3)[row] = row / 3.0;
  }
  batch.SetNull(0, 1);
  batch.SetNull(2, 2);
  batch.set_row_count(4);
  RecordBatch read(schema, 4, false, false, nullptr);
  Arena arena;
  for (int32_t row = 0; row < 4; ++row) {
    std::string bytes;
    codec.Append(batch, {0, 1, 2, 3}, row, &bytes);
    ASSERT_TRUE(codec.IsValid(bytes));
    const auto copy = [&](std::string_view value) {
      char* to = arena.Allocate(value.size(), 1);
      std::memcpy(to, value.data(), value.size());
      return MakeStringValue(to, static_cast<uint32_t>(value.size()));
    };
    codec.Read(bytes, {0, 1, 2, 3}, copy, &read, row);
    EXPECT_EQ(read.IsNull(0, row), row == 1);
    if (row != 1) EXPECT_EQ(read.Values<int32_t>(0)[row], row - 2);
    EXPECT_TRUE(read.Values<__int128>(1)[row] == static_cast<__int128>(row) << 90);
    EXPECT_EQ(read.IsNull(2, row), row == 2);
    if (row != 2) {
      EXPECT_EQ(read.Values<StringValue>(2)[row].view(),
                text.substr(0, static_cast<size_t>(8 * row)));
    }
    EXPECT_EQ(read.Values<double>(3)[row], row / 3.0);
    // Nothing shorter or longer is a row.
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(codec.IsValid(std::string_view(bytes).substr(0, size))) << size;
    }
    EXPECT_FALSE(codec.IsValid(bytes + "x"));
  }
  // A NULL where there cannot be one, and bits of columns that are not there.
  std::string bytes;
  codec.Append(batch, {0, 1, 2, 3}, 0, &bytes);
  bytes[0] |= 2;
  EXPECT_FALSE(codec.IsValid(bytes));
  bytes[0] = static_cast<char>(0x80);
  EXPECT_FALSE(codec.IsValid(bytes));
}

TEST(KeyedRows, ListsKeepTheirOrder) {
  const StateLayout layout = RowsLayout("join/left", StateKind::kList, kKey, kRows);
  MemoryPool memory;
  {
    MemoryTable table(layout, &memory);
    KeyedRows rows(&table);
    std::map<std::string, std::vector<std::pair<std::string, int64_t>>> expected;
    std::mt19937_64 random(1);
    for (int i = 0; i < 20'000; ++i) {
      const std::string user = UserOf(random() % 300);
      if (random() % 100 == 0) {
        ASSERT_TRUE(rows.Clear(Key(user).state()));
        expected.erase(user);
        continue;
      }
      if (random() % 10 == 0) {
        // Also more than there are.
        const size_t count = random() % 5;
        auto& of_user = expected[user];
        ASSERT_TRUE(rows.RemoveFirst(Key(user).state(), count, 0));
        of_user.erase(of_user.begin(),
                      of_user.begin() + static_cast<ptrdiff_t>(std::min(count, of_user.size())));
        continue;
      }
      const std::string row = RandomRow(random, 1000);
      ASSERT_TRUE(rows.Append(Key(user).state(), row, 0));
      expected[user].emplace_back(row, 1);
    }
    for (uint64_t i = 0; i < 310; ++i) {
      ASSERT_EQ(RowsOf(rows, Key(UserOf(i))), expected[UserOf(i)]);
    }
    std::erase_if(expected, [](const auto& user) { return user.second.empty(); });
    EXPECT_EQ(table.row_count, expected.size());  // looking leaves nothing behind
  }
  EXPECT_EQ(memory.used_bytes(), 0u);
}

// Rows come, go and give way at any place, and lists grow far.
TEST(KeyedRows, ListsChangeAtAnyPlace) {
  const StateLayout layout = RowsLayout("best/top", StateKind::kList, kKey, kRows);
  MemoryPool memory;
  {
    MemoryTable table(layout, &memory);
    KeyedRows rows(&table);
    std::map<std::string, std::vector<std::pair<std::string, int64_t>>> expected;
    std::mt19937_64 random(2);
    for (int i = 0; i < 20'000; ++i) {
      const std::string user = UserOf(random() % 20);
      const Key key(user);
      auto& of_user = expected[user];
      const std::string row = RandomRow(random, 1000);
      const size_t place = random() % (of_user.size() + 1);
      uint32_t at = 0;
      const Result<RowsOfKey> found = rows.Read(key.state(), 0);
      ASSERT_TRUE(found);
      KeyedRow passed;
      for (size_t n = 0; n < place; ++n) ASSERT_TRUE(found->Next(&at, &passed));
      const auto change = random() % 5;
      const auto there = of_user.begin() + static_cast<ptrdiff_t>(place);
      if (change == 4) {
        // Before those that stay, in the place of those behind them.
        const size_t stay = place + random() % (of_user.size() - place + 1);
        uint32_t end = at;
        for (size_t n = place; n < stay; ++n) ASSERT_TRUE(found->Next(&end, &passed));
        ASSERT_TRUE(rows.InsertWritten(key.state(), at, end, row.size(), 0,
                                       [&](char* to) { std::memcpy(to, row.data(), row.size()); }));
        of_user.resize(stay);
        of_user.insert(of_user.begin() + static_cast<ptrdiff_t>(place), {row, 1});
      } else if (there == of_user.end() || change == 0) {
        ASSERT_TRUE(rows.InsertAt(key.state(), at, row, 0));
        of_user.insert(there, {row, 1});
      } else if (change == 1) {
        ASSERT_TRUE(rows.RemoveAt(key.state(), at, 0));
        of_user.erase(there);
      } else {
        ASSERT_TRUE(rows.ReplaceAt(key.state(), at, row, 0));
        there->first = row;
      }
      ASSERT_EQ(RowsOf(rows, key), of_user);
    }
  }
  EXPECT_EQ(memory.used_bytes(), 0u);
}

TEST(KeyedRows, MultisetsCount) {
  const StateLayout layout = RowsLayout("join/left", StateKind::kMultiset, kKey, kRows);
  MemoryTable table(layout, nullptr);
  KeyedRows rows(&table);
  std::map<std::string, std::map<std::string, int64_t>> expected;
  std::mt19937_64 random(2);
  for (int i = 0; i < 40'000; ++i) {
    const std::string user = UserOf(random() % 200);
    const std::string row = RandomRow(random, 20);
    const int64_t delta = random() % 2 == 0 ? 1 : -1;
    const Result<int64_t> count = rows.Change(Key(user).state(), row, delta, 0);
    ASSERT_TRUE(count);
    int64_t& model = expected[user][row];
    model = std::max<int64_t>(0, model + delta);
    ASSERT_EQ(*count, model);
    if (model == 0) expected[user].erase(row);
    if (expected[user].empty()) expected.erase(user);
  }
  EXPECT_EQ(table.row_count, expected.size());
  for (const auto& [user, counts] : expected) {
    const auto all = RowsOf(rows, Key(user));
    EXPECT_EQ((std::map<std::string, int64_t>(all.begin(), all.end())), counts);
    EXPECT_EQ(all.size(), counts.size());
  }
}

TEST(KeyedRows, AKeyOutlivesItsTimeOnce) {
  const StateLayout layout = RowsLayout("join/left", StateKind::kList, kKey, kRows, 100);
  MemoryTable table(layout, nullptr);
  KeyedRows rows(&table);
  const Key key("u");
  const std::string row = RowBytes(1, nullptr);
  ASSERT_TRUE(rows.Append(key.state(), row, 1'000));
  EXPECT_EQ(RowsOf(rows, key, 1'099).size(), 1u);
  ASSERT_TRUE(rows.Append(key.state(), row, 1'099));
  EXPECT_EQ(RowsOf(rows, key, 1'198).size(), 2u);
  ASSERT_TRUE(rows.Append(key.state(), row, 1'199));
  EXPECT_EQ(RowsOf(rows, key, 1'199).size(), 1u);
  EXPECT_TRUE(RowsOf(rows, key, 1'299).empty());
  // Who only reads leaves it there for the sweep.
  EXPECT_EQ(table.row_count, 1u);
  table.RemoveExpired(0, 1'299);
  EXPECT_EQ(table.row_count, 0u);
}

TEST(KeyedRows, AreRestoredAtAnotherParallelism) {
  for (const bool broadcast : {false, true}) {
    StateLayout layout = RowsLayout("join/left", StateKind::kList, kKey, kRows);
    layout.schema.broadcast = broadcast;
    OperatorState state(layout, nullptr);
    KeyedRows rows(state.table());
    std::mt19937_64 random(3);
    for (int i = 0; i < 5'000; ++i) {
      ASSERT_TRUE(rows.Append(Key(UserOf(random() % 500)).state(), RandomRow(random, 1000), 0));
    }
    Files files;
    const proto::StateSnapshot snapshot = Snapshot(state, &files);
    uint64_t restored_keys = 0;
    for (uint32_t subtask = 0; subtask < 3; ++subtask) {
      const KeyGroupRange range = KeyGroupRange::Of(subtask, 3, 128);
      OperatorState part(layout, nullptr);
      ASSERT_TRUE(RestoreState(snapshot, range, &files, &part));
      // A second subtask had the same.
      if (broadcast) ASSERT_TRUE(RestoreState(snapshot, range, &files, &part));
      restored_keys += part.table()->row_count;
      KeyedRows part_rows(part.table());
      for (uint64_t i = 0; i < 500; ++i) {
        const Key key(UserOf(i));
        if (!broadcast && !range.ContainsHash(key.state().hash)) continue;
        ASSERT_EQ(RowsOf(part_rows, key), RowsOf(rows, key));
      }
    }
    EXPECT_EQ(restored_keys, state.table()->row_count * (broadcast ? 3 : 1));
  }
}

TEST(KeyedRows, DamagedRowsAndOtherColumnsAreRefused) {
  const StateLayout layout = RowsLayout("join/left", StateKind::kMultiset, kKey, kRows);
  EXPECT_TRUE(AreRowsValid(layout.schema, ""));
  std::string blob(8, '\0');
  const std::string row = RowBytes(3, nullptr);
  blob[0] = static_cast<char>(row.size());
  blob[4] = 1;
  blob += row;
  EXPECT_TRUE(AreRowsValid(layout.schema, blob));
  EXPECT_TRUE(AreRowsValid(layout.schema, blob + blob));
  for (size_t size = 1; size < blob.size(); ++size) {
    EXPECT_FALSE(AreRowsValid(layout.schema, std::string_view(blob).substr(0, size)));
  }
  blob[4] = 0;  // a row that is not there
  EXPECT_FALSE(AreRowsValid(layout.schema, blob));

  OperatorState state(layout, nullptr);
  KeyedRows rows(state.table());
  ASSERT_TRUE(rows.Change(Key("u").state(), row, 1, 0));
  Files files;
  const proto::StateSnapshot snapshot = Snapshot(state, &files);
  Schema other = kRows;
  other.Add({"more", DataType(TypeKind::kBigint, false)});
  const StateLayout changed = RowsLayout("join/left", StateKind::kMultiset, kKey, other);
  OperatorState refused(changed, nullptr);
  const Status status = RestoreState(snapshot, KeyGroupRange{0, 127, 128}, &files, &refused);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kStateIncompatible);
  const StateLayout list = RowsLayout("join/left", StateKind::kList, kKey, kRows);
  OperatorState of_other_kind(list, nullptr);
  EXPECT_EQ(RestoreState(snapshot, KeyGroupRange{0, 127, 128}, &files, &of_other_kind).error().code,
            ErrorCode::kStateIncompatible);
}

const Schema kNarrowRows({{"n", DataType(TypeKind::kInt, false)},
                          {"word", DataType::String()},
                          {"ok", DataType(TypeKind::kBoolean)}});
// A wider number, which may be NULL now, the others in another order, and a new one.
const Schema kWiderRows({{"ok", DataType(TypeKind::kBoolean)},
                         {"more", DataType::String()},
                         {"n", DataType(TypeKind::kBigint)},
                         {"word", DataType::String()}});

std::string NarrowRow(int32_t n) {
  const std::string word(static_cast<size_t>(n % 40), 'w');
  const char ok = n % 2 == 0 ? 1 : 0;
  std::string row;
  RowCodec(kNarrowRows)
      .AppendCells({{false, {reinterpret_cast<const char*>(&n), sizeof(n)}},
                    {n % 5 == 0, word},
                    {n % 3 == 0, {&ok, 1}}},
                   &row);
  return row;
}

TEST(KeyedRows, RowsOfOtherColumnsAreMadeOfThoseThatAreThere) {
  for (const StateKind kind : {StateKind::kList, StateKind::kMultiset}) {
    const StateLayout layout = RowsLayout("join/left", kind, kKey, kNarrowRows);
    OperatorState state(layout, nullptr);
    KeyedRows rows(state.table());
    std::mt19937_64 random(5);
    for (int i = 0; i < 3'000; ++i) {
      const Key key(UserOf(random() % 200));
      const std::string row = NarrowRow(static_cast<int32_t>(random() % 50));
      if (kind == StateKind::kList) {
        ASSERT_TRUE(rows.Append(key.state(), row, 0));
      } else {
        ASSERT_TRUE(rows.Change(key.state(), row, 1, 0));
      }
    }
    Files files;
    const proto::StateSnapshot snapshot = Snapshot(state, &files);
    const StateLayout wider = RowsLayout("join/left", kind, kKey, kWiderRows);
    OperatorState restored(wider, nullptr);
    const Status status = RestoreState(snapshot, KeyGroupRange{0, 127, 128}, &files, &restored);
    ASSERT_TRUE(status) << status.error().message;
    EXPECT_EQ(restored.table()->row_count, state.table()->row_count);
    KeyedRows restored_rows(restored.table());
    const RowCodec narrow(kNarrowRows);
    const RowCodec wide(kWiderRows);
    for (uint64_t i = 0; i < 200; ++i) {
      const Key key(UserOf(i));
      const auto before = RowsOf(rows, key), now = RowsOf(restored_rows, key);
      ASSERT_EQ(before.size(), now.size());
      for (size_t row = 0; row < now.size(); ++row) {
        ASSERT_TRUE(wide.IsValid(now[row].first));
        ASSERT_EQ(before[row].second, now[row].second);
        const auto was = narrow.Cells(before[row].first), is = wide.Cells(now[row].first);
        ASSERT_EQ(is[0].bytes, was[2].bytes);
        ASSERT_TRUE(is[1].is_null);
        int32_t n;
        int64_t wide_n;
        std::memcpy(&n, was[0].bytes.data(), sizeof(n));
        ASSERT_EQ(is[2].bytes.size(), sizeof(wide_n));
        std::memcpy(&wide_n, is[2].bytes.data(), sizeof(wide_n));
        ASSERT_EQ(wide_n, n);
        ASSERT_EQ(is[3].is_null, was[1].is_null);
        ASSERT_EQ(is[3].bytes, was[1].bytes);
      }
    }
  }
}

TEST(KeyedRows, WhatRowsCannotBecomeIsNamed) {
  const auto refusal = [](const Schema& wanted) {
    const StateLayout layout = RowsLayout("join/left", StateKind::kList, kKey, kRows);
    OperatorState state(layout, nullptr);
    EXPECT_TRUE(KeyedRows(state.table()).Append(Key("u").state(), RowBytes(1, nullptr), 0));
    Files files;
    const proto::StateSnapshot snapshot = Snapshot(state, &files);
    const StateLayout changed = RowsLayout("join/left", StateKind::kList, kKey, wanted);
    OperatorState refused(changed, nullptr);
    const Status status = RestoreState(snapshot, KeyGroupRange{0, 127, 128}, &files, &refused);
    EXPECT_FALSE(status);
    if (status) return std::string();
    EXPECT_EQ(status.error().code, ErrorCode::kStateIncompatible);
    EXPECT_TRUE(status.error().message.starts_with("the state `join/left`: "));
    EXPECT_TRUE(status.error().message.contains("--allow-non-restored-state"));
    return status.error().message;
  };
  const Schema gone({kRows[0], kRows[2]});
  EXPECT_TRUE(refusal(gone).contains("its rows had a column `word`, which they have no more"));
  const Schema narrower({{"n", DataType(TypeKind::kInt, false)}, kRows[1], kRows[2]});
  EXPECT_TRUE(refusal(narrower).contains(
      "the column `n` of its rows is BIGINT NOT NULL, which cannot become INT NOT NULL"));
  const Schema never_null({kRows[0], {"word", kText}, kRows[2]});
  EXPECT_TRUE(refusal(never_null).contains("the column `word` of its rows is STRING"));
  Schema more = kRows;
  more.Add({"more", DataType(TypeKind::kBigint, false)});
  EXPECT_TRUE(refusal(more).contains("a new column `more`, which cannot be NULL"));
}

// (time, user) in the order in which they must fire.
struct ModelTimer {
  int64_t time;
  uint64_t key_group;
  std::string user;
  auto operator<=>(const ModelTimer&) const = default;
};

TEST(TimerState, FiresEachOnceInOrder) {
  const StateLayout layout = TimersLayout("session/timers", kKey);
  MemoryPool memory;
  {
    OperatorState state(layout, &memory);
    TimerState timers(state.table());
    std::set<ModelTimer> expected;
    std::mt19937_64 random(4);
    const auto group = [](const Key& key) { return (key.state().hash >> 32) * 128 >> 32; };
    int64_t now = 0;
    for (int i = 0; i < 30'000; ++i) {
      const std::string user = UserOf(random() % 40);
      const Key key(user);
      const int64_t time = now + static_cast<int64_t>(random() % 50);
      if (random() % 4 == 0) {
        timers.Cancel(time, key.state());
        expected.erase({time, group(key), user});
      } else {
        ASSERT_TRUE(timers.Set(time, key.state()));
        expected.insert({time, group(key), user});
      }
      ASSERT_EQ(state.table()->row_count, expected.size());
      if (random() % 20 != 0) continue;
      now += static_cast<int64_t>(random() % 10);
      while (timers.FireNext(now, [&](int64_t fired, const StateKey& fired_key) {
        StringValue view;
        std::memcpy(&view, fired_key.bytes, sizeof(view));
        const std::string fired_user(view.view());
        EXPECT_EQ(fired_key.hash, Key(fired_user).state().hash);
        ASSERT_FALSE(expected.empty());
        EXPECT_EQ(fired, expected.begin()->time);
        EXPECT_EQ(group(Key(fired_user)), expected.begin()->key_group);
        EXPECT_EQ(expected.erase({fired, group(Key(fired_user)), fired_user}), 1u);
      })) {
      }
      ASSERT_TRUE(expected.empty() || expected.begin()->time > now);
    }
    EXPECT_EQ(timers.next_time(), expected.empty() ? INT64_MAX : expected.begin()->time);
  }
  EXPECT_EQ(memory.used_bytes(), 0u);
}

TEST(TimerState, FiresAfterARestoreWhatHadNotFired) {
  const StateLayout layout = TimersLayout("session/timers", kKey);
  OperatorState state(layout, nullptr);
  TimerState timers(state.table());
  for (uint64_t i = 0; i < 100; ++i) {
    ASSERT_TRUE(timers.Set(static_cast<int64_t>(i % 10), Key(UserOf(i)).state()));
  }
  std::multiset<std::string> fired;
  const auto note = [&fired](int64_t time, const StateKey& key) {
    StringValue view;
    std::memcpy(&view, key.bytes, sizeof(view));
    fired.insert(std::to_string(time) + std::string(view.view()));
  };
  while (timers.FireNext(4, note)) {
  }
  EXPECT_EQ(fired.size(), 50u);
  Files files;
  const proto::StateSnapshot snapshot = Snapshot(state, &files);
  for (uint32_t subtask = 0; subtask < 2; ++subtask) {
    OperatorState part(layout, nullptr);
    ASSERT_TRUE(RestoreState(snapshot, KeyGroupRange::Of(subtask, 2, 128), &files, &part));
    TimerState restored(part.table());
    EXPECT_GE(restored.next_time(), 5);
    while (restored.FireNext(INT64_MAX, note)) {
    }
  }
  EXPECT_EQ(fired.size(), 100u);
  EXPECT_EQ((std::set<std::string>(fired.begin(), fired.end())).size(), 100u);
}

// A timer that sets the next one, as sessions do.
TEST(TimerState, MayBeSetWhileOneFires) {
  const StateLayout layout = TimersLayout("session/timers", kKey);
  MemoryTable table(layout, nullptr);
  TimerState timers(&table);
  ASSERT_TRUE(timers.Set(1, Key("a user with a long name").state()));
  int fired = 0;
  while (timers.FireNext(100, [&](int64_t time, const StateKey& key) {
    ++fired;
    ASSERT_TRUE(timers.Set(time + 10, key));
  })) {
  }
  EXPECT_EQ(fired, 10);
  EXPECT_EQ(timers.next_time(), 101);
}

}  // namespace
}  // namespace flinkc
