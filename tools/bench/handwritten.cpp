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

// The columns of one chunk of events, and room for those that are drawn and not used.
struct Chunk {
  std::vector<int64_t> numbers = std::vector<int64_t>(13 * kChunkEvents);
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
  int64_t* person_id = Numbers(4);
  int64_t* person_time = Numbers(5);
  StringValue* person_name = Texts(3);
  int64_t* seller = Numbers(6);
  int64_t* auction_time = Numbers(7);
  int32_t persons = 0, auctions = 0, bids = 0;

  int64_t* Numbers(int column) { return numbers.data() + column * kChunkEvents; }
  StringValue* Texts(int column) { return texts.data() + column * kChunkEvents; }

  // Draws every field of the events.
  void Fill(const NexmarkGenerator& generator, int64_t first, int32_t count) {
    persons = generator.GeneratePersons(
        first, count,
        {person_id, person_name, Texts(4), Texts(5), Texts(6), Texts(7), person_time, Texts(8)},
        person_text.data());
    auctions =
        generator.GenerateAuctions(first, count,
                                   {Numbers(8), Texts(4), Texts(5), Numbers(9), Numbers(10),
                                    auction_time, Numbers(11), seller, Numbers(12), Texts(6)});
    bids = generator.GenerateBids(first, count,
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
  bool Contains(int64_t key) const {
    if (entries_.empty()) return false;
    size_t at = MixHash(static_cast<uint64_t>(key)) & (entries_.size() - 1);
    while (entries_[at].key != 0 && entries_[at].key != key + 1) {
      at = (at + 1) & (entries_.size() - 1);
    }
    return entries_[at].key != 0;
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

// Counts an auction's bids in windows of 10 s every 2 s by slices of 2 s, and gives all counts of a
// window or only the highest.
class HopCount {
 public:
  HopCount(HandwrittenRun* run, bool only_highest) : run_(run), only_highest_(only_highest) {}

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
      slice.ForEach(
          [&](const CountEntry& entry) { merged_.Find(entry.key - 1).count += entry.count; });
    }
    int64_t least = 0;
    if (only_highest_) {
      merged_.ForEach([&](const CountEntry& entry) { least = std::max(least, entry.count); });
    }
    merged_.ForEach([&](const CountEntry& entry) {
      if (entry.count < least) return;
      ++run_->rows_out;
      run_->checksum += static_cast<uint64_t>(entry.key * 31 + entry.count + slice_end_);
    });
    current_ = (current_ + 1) % kSlices;
    slices_[current_].Clear();
    slice_end_ += kSliceMicros;
  }

  HandwrittenRun* run_;
  const bool only_highest_;
  Table<CountEntry> slices_[kSlices];
  Table<CountEntry> merged_;
  int current_ = 0;
  int64_t slice_end_ = INT64_MIN;
};

// The highest bids of each 10 s. A bid at the end itself counts for the window before, too.
class HighestBids {
 public:
  explicit HighestBids(HandwrittenRun* run) : run_(run) {}

  void Add(const Chunk& bids, int32_t i) {
    const int64_t time = bids.date_time[i];
    if (time >= end_) {
      Give();
      last_price_ = price_;
      last_end_ = end_;
      end_ = time - time % kSizeMicros + kSizeMicros;
      price_ = INT64_MIN;
    }
    const int64_t price = bids.price[i];
    if (time == last_end_ && price == last_price_) Give(RowOf(bids, i));
    if (price < price_) return;
    if (price > price_) rows_.clear();
    price_ = price;
    rows_.push_back(RowOf(bids, i));
  }
  void Give() {
    for (const uint64_t row : rows_) Give(row);
    rows_.clear();
  }

 private:
  static constexpr int64_t kSizeMicros = 10 * kMicrosPerSecond;

  // What is left of a row: the checksum of its values.
  static uint64_t RowOf(const Chunk& bids, int32_t i) {
    return static_cast<uint64_t>(bids.auction[i] + bids.bidder[i] + bids.price[i] +
                                 bids.date_time[i]) +
           Sum(bids.extra[i]);
  }
  void Give(uint64_t row) {
    ++run_->rows_out;
    run_->checksum += row;
  }

  HandwrittenRun* run_;
  std::vector<uint64_t> rows_;
  int64_t price_ = INT64_MIN, end_ = INT64_MIN, last_price_ = 0, last_end_ = INT64_MIN;
};

struct SellerEntry {
  int64_t key = 0;
};

// Those who came and put something up for auction in the same 10 s.
class NewSellers {
 public:
  explicit NewSellers(HandwrittenRun* run) : run_(run) {}

  // Persons and auctions of a chunk, which both begin in the order of time.
  void Add(const Chunk& chunk) {
    int32_t person = 0, auction = 0;
    while (person < chunk.persons || auction < chunk.auctions) {
      const bool is_person =
          auction == chunk.auctions ||
          (person < chunk.persons && chunk.person_time[person] <= chunk.auction_time[auction]);
      const int64_t time = is_person ? chunk.person_time[person] : chunk.auction_time[auction];
      if (time >= end_) {
        Give();
        end_ = time - time % kSizeMicros + kSizeMicros;
      }
      if (is_person) {
        persons_.push_back({chunk.person_id[person], chunk.person_name[person]});
        ++person;
      } else {
        sellers_.Find(chunk.seller[auction++]);
      }
    }
  }
  void Give() {
    for (const Person& person : persons_) {
      if (!sellers_.Contains(person.id)) continue;
      ++run_->rows_out;
      run_->checksum += static_cast<uint64_t>(person.id + end_) + Sum(person.name);
    }
    persons_.clear();
    sellers_.Clear();
  }

 private:
  static constexpr int64_t kSizeMicros = 10 * kMicrosPerSecond;

  struct Person {
    int64_t id;
    StringValue name;  // lives as long as the generator
  };

  HandwrittenRun* run_;
  std::vector<Person> persons_;
  Table<SellerEntry> sellers_;
  int64_t end_ = INT64_MIN;
};

template <typename Visit>
void ForEachChunk(const NexmarkGenerator& generator, int64_t events, Visit visit) {
  auto chunk = std::make_unique<Chunk>();
  for (int64_t first = 0; first < events; first += kChunkEvents) {
    chunk->Fill(generator, first,
                static_cast<int32_t>(std::min<int64_t>(kChunkEvents, events - first)));
    visit(*chunk);
  }
}

// Calls `row(chunk, i)` for each bid.
template <typename Row>
void ForEachBid(const NexmarkGenerator& generator, int64_t events, Row row) {
  ForEachChunk(generator, events, [&](const Chunk& chunk) {
    for (int32_t i = 0; i < chunk.bids; ++i) row(chunk, i);
  });
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
      run.checksum +=
          static_cast<uint64_t>(bid.auction[i] + bid.bidder[i] + bid.price[i] + bid.date_time[i]) +
          Sum(bid.extra[i]);
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
  } else if (query == "q5" || query == "q5_count") {
    HopCount counts(&run, query == "q5");
    ForEachBid(generator, events,
               [&](const Chunk& bid, int32_t i) { counts.Add(bid.auction[i], bid.date_time[i]); });
    counts.Finish();
  } else if (query == "q7") {
    HighestBids highest(&run);
    ForEachBid(generator, events, [&](const Chunk& bid, int32_t i) { highest.Add(bid, i); });
    highest.Give();
  } else if (query == "q8") {
    NewSellers sellers(&run);
    ForEachChunk(generator, events, [&](const Chunk& chunk) { sellers.Add(chunk); });
    sellers.Give();
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
      run.checksum +=
          static_cast<uint64_t>(entry.key + entry.total + entry.rank1 + entry.rank2 + entry.rank3 +
                                entry.min + entry.max + entry.sum + entry.sum / entry.total);
    });
  } else {
    CHECK(false && "no hand-written loop for this query");
  }
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return run;
}

}  // namespace flinkc
