#include "tools/bench/handwritten.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "runtime/abi/hash.h"
#include "runtime/base/check.h"
#include "stdlib-operators/connectors/nexmark_generator.h"

namespace flinkc {

namespace {

constexpr int32_t kChunkEvents = 4096;
constexpr int64_t kMicrosPerSecond = 1'000'000;

// The bids of one chunk of events, and room for what is drawn and not used.
struct Chunk {
  std::vector<int64_t> numbers = std::vector<int64_t>(12 * kChunkEvents);
  std::vector<StringValue> texts = std::vector<StringValue>(10 * kChunkEvents);
  std::vector<char> person_text =
      std::vector<char>(kChunkEvents * NexmarkGenerator::kPersonTextBytes);
  int64_t* auction = Numbers(0);
  int64_t* bidder = Numbers(1);
  int64_t* price = Numbers(2);
  int64_t* date_time = Numbers(3);
  StringValue* channel = Texts(0);
  StringValue* url = Texts(1);
  StringValue* extra = Texts(2);

  int64_t* Numbers(int column) { return numbers.data() + column * kChunkEvents; }
  StringValue* Texts(int column) { return texts.data() + column * kChunkEvents; }

  // Draws every field of the events and gives the number of bids.
  int32_t Fill(const NexmarkGenerator& generator, int64_t first, int32_t count) {
    generator.GeneratePersons(first, count,
                              {Numbers(4), Texts(3), Texts(4), Texts(5), Texts(6), Texts(7),
                               Numbers(5), Texts(8)},
                              person_text.data());
    generator.GenerateAuctions(first, count,
                               {Numbers(4), Texts(3), Texts(4), Numbers(5), Numbers(6), Numbers(7),
                                Numbers(8), Numbers(9), Numbers(10), Texts(5)});
    return generator.GenerateBids(first, count,
                                  {auction, bidder, price, channel, url, date_time, extra});
  }
};

uint64_t Sum(const StringValue& text) {
  uint64_t sum = text.size;
  const char* data = text.data();
  uint32_t i = 0;
  for (; i + 8 <= text.size; i += 8) {
    uint64_t word;
    __builtin_memcpy(&word, data + i, 8);
    sum += word;
  }
  for (; i < text.size; ++i) sum += static_cast<unsigned char>(data[i]);
  return sum;
}

// Open addressing, linear probing, at most half full; Entry begins with its int64_t key + 1.
template <typename Entry>
class Table {
 public:
  Entry& Find(int64_t key) {
    if (2 * (count_ + 1) > entries_.size()) Grow();
    size_t at = MixHash(static_cast<uint64_t>(key)) & (entries_.size() - 1);
    while (entries_[at].key != key + 1) {
      if (entries_[at].key == 0) {
        entries_[at].key = key + 1;
        ++count_;
        break;
      }
      at = (at + 1) & (entries_.size() - 1);
    }
    return entries_[at];
  }
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const Entry& entry : entries_) {
      if (entry.key != 0) visit(entry);
    }
  }
  void Clear() {
    std::ranges::fill(entries_, Entry());
    count_ = 0;
  }

 private:
  void Grow() {
    std::vector<Entry> old(std::max<size_t>(1024, 2 * entries_.size()));
    old.swap(entries_);
    count_ = 0;
    for (const Entry& entry : old) {
      if (entry.key != 0) Find(entry.key - 1) = entry;
    }
  }
  std::vector<Entry> entries_;
  size_t count_ = 0;
};

struct CountEntry {
  int64_t key = 0;
  int64_t count = 0;
};

struct StatisticsEntry {
  int64_t key = 0;
  int64_t total = 0, rank1 = 0, rank2 = 0, rank3 = 0;
  int64_t min = INT64_MAX, max = INT64_MIN, sum = 0;
};

// Counts an auction's bids in windows of 10 s every 2 s by slices of 2 s.
class HopCount {
 public:
  explicit HopCount(HandwrittenRun* run) : run_(run) {}

  void Add(int64_t auction, int64_t time) {
    while (time >= slice_end_) CloseSlice(time);
    ++slices_[current_].Find(auction).count;
  }
  void Finish() {
    for (int i = 0; i < kSlices; ++i) CloseSlice(slice_end_);
  }

 private:
  static constexpr int kSlices = 5;
  static constexpr int64_t kSliceMicros = 2 * kMicrosPerSecond;

  void CloseSlice(int64_t time) {
    if (slice_end_ == INT64_MIN) {
      slice_end_ = time - time % kSliceMicros + kSliceMicros;
      return;
    }
    merged_.Clear();
    for (const Table<CountEntry>& slice : slices_) {
      slice.ForEach([&](const CountEntry& entry) {
        merged_.Find(entry.key - 1).count += entry.count;
      });
    }
    merged_.ForEach([&](const CountEntry& entry) {
      ++run_->rows_out;
      run_->checksum += static_cast<uint64_t>(entry.key * 31 + entry.count + slice_end_);
    });
    current_ = (current_ + 1) % kSlices;
    slices_[current_].Clear();
    slice_end_ += kSliceMicros;
  }

  HandwrittenRun* run_;
  Table<CountEntry> slices_[kSlices];
  Table<CountEntry> merged_;
  int current_ = 0;
  int64_t slice_end_ = INT64_MIN;
};

// Calls `row(chunk, i)` for each bid.
template <typename Row>
void ForEachBid(const NexmarkGenerator& generator, int64_t events, Row row) {
  auto chunk = std::make_unique<Chunk>();
  for (int64_t first = 0; first < events; first += kChunkEvents) {
    const auto count = static_cast<int32_t>(std::min<int64_t>(kChunkEvents, events - first));
    const int32_t bids = chunk->Fill(generator, first, count);
    for (int32_t i = 0; i < bids; ++i) row(*chunk, i);
  }
}

}  // namespace

HandwrittenRun RunHandwritten(std::string_view query, int64_t events, double rate) {
  NexmarkConfig config;
  config.events = events;
  config.events_per_second = rate;
  const NexmarkGenerator generator(config);
  HandwrittenRun run;
  const auto start = std::chrono::steady_clock::now();
  if (query == "q0") {
    ForEachBid(generator, events, [&](const Chunk& bid, int32_t i) {
      ++run.rows_out;
      run.checksum += static_cast<uint64_t>(bid.auction[i] + bid.bidder[i] + bid.price[i] +
                                            bid.date_time[i]) + Sum(bid.extra[i]);
    });
  } else if (query == "q1") {
    ForEachBid(generator, events, [&](const Chunk& bid, int32_t i) {
      ++run.rows_out;
      const __int128 price = static_cast<__int128>(bid.price[i]) * 908;
      run.checksum += static_cast<uint64_t>(price) +
                      static_cast<uint64_t>(bid.auction[i] + bid.bidder[i] + bid.date_time[i]) +
                      Sum(bid.extra[i]);
    });
  } else if (query == "q2") {
    ForEachBid(generator, events, [&](const Chunk& bid, int32_t i) {
      if (bid.auction[i] % 123 != 0) return;
      ++run.rows_out;
      run.checksum += static_cast<uint64_t>(bid.auction[i] + bid.price[i]);
    });
  } else if (query == "q5_count") {
    HopCount counts(&run);
    ForEachBid(generator, events,
               [&](const Chunk& bid, int32_t i) { counts.Add(bid.auction[i], bid.date_time[i]); });
    counts.Finish();
  } else if (query == "q17") {
    Table<StatisticsEntry> table;
    ForEachBid(generator, events, [&](const Chunk& bid, int32_t i) {
      const int64_t day = bid.date_time[i] / (86'400 * kMicrosPerSecond);
      // The ids of auctions are far below 2^40.
      StatisticsEntry& entry = table.Find(bid.auction[i] << 20 | day);
      const int64_t price = bid.price[i];
      ++entry.total;
      entry.rank1 += price < 10'000;
      entry.rank2 += price >= 10'000 && price < 1'000'000;
      entry.rank3 += price >= 1'000'000;
      entry.min = std::min(entry.min, price);
      entry.max = std::max(entry.max, price);
      entry.sum += price;
      ++run.rows_out;
      run.checksum += static_cast<uint64_t>(entry.key + entry.total + entry.rank1 + entry.rank2 +
                                            entry.rank3 + entry.min + entry.max + entry.sum +
                                            entry.sum / entry.total);
    });
  } else {
    CHECK(false && "no hand-written loop for this query");
  }
  run.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return run;
}

}  // namespace flinkc
