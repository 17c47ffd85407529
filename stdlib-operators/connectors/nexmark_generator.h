// NEXMark's events (github.com/nexmark/nexmark): persons who put things up for auction and bid for
// them. Every event is a pure function of the seed and its number, so that any range of events can
// be made by anybody, at any parallelism, and again after a failure; a field that is not wanted is
// not drawn, and the others stay the same.
//
// What differs from the original: it draws everything from one SplittableRandom a generator, in
// order; here each field has its own draw, a hash of seed, event and field. Proportions, skew, ids,
// lengths and timestamps are the original's (docs/nexmark.md).
//
// Column form (Generate…) is for sources; the inline functions make one field of one event and are
// what the column loops call, so that a hand-written loop does the same work.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/abi/hash.h"
#include "runtime/abi/string_value.h"
#include "runtime/base/arena.h"

namespace flinkc {

struct NexmarkConfig {
  uint64_t seed = 0;
  int64_t events = 0;                            // 0: without end
  int64_t base_time_millis = 1'436'918'400'000;  // 2015-07-15 00:00:00
  double events_per_second = 10'000;             // of event time
  int64_t person_proportion = 1;
  int64_t auction_proportion = 3;
  int64_t bid_proportion = 46;
  int64_t hot_ratio_auctions = 2;
  int64_t hot_ratio_bidders = 4;
  int64_t hot_ratio_sellers = 4;
  int64_t person_size = 200;
  int64_t auction_size = 500;
  int64_t bid_size = 100;
  // The original adds the first id twice to a bid's bidder (since 2021).
  bool bidder_double_offset = true;
};

enum class NexmarkEvent : uint8_t { kPerson = 0, kAuction = 1, kBid = 2 };

// Columns to fill, one value an event; nullptr: not wanted. Timestamps are microseconds.
struct NexmarkPersonColumns {
  int64_t* id = nullptr;
  StringValue* name = nullptr;
  StringValue* email_address = nullptr;
  StringValue* credit_card = nullptr;
  StringValue* city = nullptr;
  StringValue* state = nullptr;
  int64_t* date_time = nullptr;
  StringValue* extra = nullptr;
};
struct NexmarkAuctionColumns {
  int64_t* id = nullptr;
  StringValue* item_name = nullptr;
  StringValue* description = nullptr;
  int64_t* initial_bid = nullptr;
  int64_t* reserve = nullptr;
  int64_t* date_time = nullptr;
  int64_t* expires = nullptr;
  int64_t* seller = nullptr;
  int64_t* category = nullptr;
  StringValue* extra = nullptr;
};
struct NexmarkBidColumns {
  int64_t* auction = nullptr;
  int64_t* bidder = nullptr;
  int64_t* price = nullptr;
  StringValue* channel = nullptr;
  StringValue* url = nullptr;
  int64_t* date_time = nullptr;
  StringValue* extra = nullptr;
};

// Constant after construction: any thread.
class NexmarkGenerator {
 public:
  // Bytes of text that one person needs (mail address and credit card).
  static constexpr uint32_t kPersonTextBytes = 48;
  static constexpr int64_t kFirstAuctionId = 1000;
  static constexpr int64_t kFirstPersonId = 1000;
  static constexpr int64_t kFirstCategoryId = 10;

  explicit NexmarkGenerator(const NexmarkConfig& config);

  const NexmarkConfig& config() const { return config_; }
  // What views point into; whoever keeps values must keep it alive.
  const std::shared_ptr<const Arena>& arena() const { return arena_; }

  // The events [first, first + count), first counted from 0: each function fills its columns with
  // the events of its kind, in order, and gives their number.
  int32_t GeneratePersons(int64_t first, int32_t count, const NexmarkPersonColumns& columns,
                          char* text) const;
  int32_t GenerateAuctions(int64_t first, int32_t count,
                           const NexmarkAuctionColumns& columns) const;
  int32_t GenerateBids(int64_t first, int32_t count, const NexmarkBidColumns& columns) const;

  // --- one field of one event ---

  // The original's event id of event number `number`: its counting begins with 2.
  static int64_t EventId(int64_t number) { return number + 2; }
  NexmarkEvent KindOf(int64_t event_id) const {
    const int64_t offset = event_id % cycle_;
    if (offset < config_.person_proportion) return NexmarkEvent::kPerson;
    return offset < config_.person_proportion + config_.auction_proportion ? NexmarkEvent::kAuction
                                                                           : NexmarkEvent::kBid;
  }
  int64_t DateTimeMicros(int64_t event_id) const { return DateTimeMillis(event_id) * 1'000; }

  // What all bids of one cycle of persons, auctions and bids share. Ids without their offsets.
  struct Epoch {
    int64_t last_person;
    int64_t last_auction;
    int64_t hot_auction;
    int64_t auction_min;
    uint32_t auction_span;
    int64_t hot_bidder;
    int64_t person_min;
    uint32_t person_span;
  };
  Epoch EpochOf(int64_t event_id) const;

  // Where the draws of an event start.
  uint64_t Base(int64_t event_id) const {
    return MixHash(config_.seed ^ static_cast<uint64_t>(event_id));
  }
  int64_t BidAuction(const Epoch& epoch, uint64_t base) const {
    const uint64_t draw = Draw(base, 1);
    const int64_t cold = epoch.auction_min + Below(Low(draw), epoch.auction_span);
    const bool hot = Below(High(draw), static_cast<uint32_t>(config_.hot_ratio_auctions)) > 0;
    return (hot ? epoch.hot_auction : cold) + kFirstAuctionId;
  }
  int64_t BidBidder(const Epoch& epoch, uint64_t base) const {
    const uint64_t draw = Draw(base, 2);
    const int64_t cold = epoch.person_min + Below(Low(draw), epoch.person_span);
    const bool hot = Below(High(draw), static_cast<uint32_t>(config_.hot_ratio_bidders)) > 0;
    return (hot ? epoch.hot_bidder : cold) + bidder_offset_;
  }
  static int64_t BidPrice(uint64_t base) { return Price(Draw(base, 3)); }
  // An index for Channel and Url.
  uint32_t BidChannel(uint64_t base) const {
    const uint64_t draw = Draw(base, 4);
    const bool hot = High(draw) >> 31 != 0;
    return hot ? kChannels + Below(Low(draw), kHotChannels) : Below(Low(draw), kChannels);
  }
  const StringValue& Channel(uint32_t index) const { return channels_[index].name; }
  const StringValue& Url(uint32_t index) const { return channels_[index].url; }
  std::string_view BidExtraText(uint64_t base) const {
    const uint64_t draw = Draw(base, 5);
    return Slice(letters_, Low(draw), bid_extra_min_ + Below(High(draw), bid_extra_span_));
  }
  StringValue BidExtra(uint64_t base) const { return MakeStringValue(BidExtraText(base)); }

 private:
  static constexpr uint32_t kChannels = 10'000;
  static constexpr uint32_t kHotChannels = 4;
  static constexpr uint32_t kTextBytes = 1 << 20;
  static constexpr uint32_t kSliceMax = 2048;

  struct Channels {
    StringValue name;
    StringValue url;
  };
  // Lengths of `extra`: smallest, and how many above it.
  struct ExtraLength {
    uint32_t min;
    uint32_t span;
  };

  static uint64_t Draw(uint64_t base, uint64_t field) {
    return MixHash(base + field * 0x9E3779B97F4A7C15ull);
  }
  static uint32_t Low(uint64_t draw) { return static_cast<uint32_t>(draw); }
  static uint32_t High(uint64_t draw) { return static_cast<uint32_t>(draw >> 32); }
  // Even over [0, bound), but for a part in 2^32 / bound.
  static uint32_t Below(uint32_t draw, uint32_t bound) {
    return static_cast<uint32_t>(static_cast<uint64_t>(draw) * bound >> 32);
  }
  static int64_t Price(uint64_t draw);
  static std::string_view Slice(const char* text, uint32_t draw, uint32_t size) {
    return {TextAt(text, draw), size};
  }
  static const char* TextAt(const char* text, uint32_t draw) {
    return text + Below(draw, kTextBytes - kSliceMax);
  }
  // Asks the memory for texts of an event to come: of these fields in words_, and `extra`.
  void PrefetchTexts(uint64_t base, std::array<uint64_t, 2> words) const;
  // A name of 3 to max - 1 letters and blanks, without blanks at its ends.
  std::string_view Words(uint64_t draw, uint32_t max) const;
  static ExtraLength ExtraLengthOf(int64_t other_bytes, int64_t average);
  int64_t DateTimeMillis(int64_t event_id) const {
    // The original's arithmetic: whole microseconds first, then milliseconds.
    const int64_t number = event_id - 1;
    return config_.base_time_millis +
           static_cast<int64_t>(static_cast<double>(number) * micros_per_event_) / 1'000;
  }
  int64_t ColdOrHotSeller(const Epoch& epoch, uint64_t draw) const;
  void MakeText();
  void MakeChannels();

  // Calls `visit(epoch, first_id, count, row)` for each run of events of one kind in one cycle.
  template <typename Visit>
  int32_t VisitRuns(NexmarkEvent kind, int64_t first, int32_t count, Visit&& visit) const;

  const NexmarkConfig config_;
  const int64_t cycle_;
  const double micros_per_event_;
  const int64_t bidder_offset_;
  uint32_t bid_extra_min_ = 0;
  uint32_t bid_extra_span_ = 0;
  std::shared_ptr<const Arena> arena_;
  std::shared_ptr<Arena> building_;
  const char* letters_ = nullptr;  // kTextBytes of a to z
  const char* words_ = nullptr;    // the same with a blank in thirteen
  std::vector<Channels> channels_;
  std::vector<StringValue> names_;  // of persons
};

inline int64_t NexmarkGenerator::Price(uint64_t draw) {
  // round(100 * 10^(6 u)): 2^x with x = u * 6 * log2(10), the fraction by a polynomial (relative
  // error under 1e-8).
  const double unit = static_cast<double>(draw >> 11) * 0x1.0p-53;
  const double x = unit * 19.931568569324174;
  const auto whole = static_cast<int64_t>(x + 0.5);
  const double y = (x - static_cast<double>(whole)) * 0.6931471805599453;
  const double power =
      1.0 +
      y * (1.0 + y * (1.0 / 2 +
                      y * (1.0 / 6 +
                           y * (1.0 / 24 + y * (1.0 / 120 + y * (1.0 / 720 + y * (1.0 / 5040)))))));
  const uint64_t scale_bits = static_cast<uint64_t>(whole + 1023) << 52;
  double scale;
  __builtin_memcpy(&scale, &scale_bits, 8);
  return static_cast<int64_t>(100.0 * power * scale + 0.5);
}

}  // namespace flinkc
