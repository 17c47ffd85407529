#include "stdlib-operators/connectors/nexmark_generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "runtime/base/check.h"

namespace flinkc {

namespace {

constexpr int64_t kHotRatio = 100;  // how many ids share one hot id
constexpr int64_t kInFlightAuctions = 100;
constexpr int64_t kActivePeople = 1'000;
constexpr int64_t kIdLead = 10;  // ids a little ahead of those that exist are drawn too
constexpr uint32_t kCategories = 5;
constexpr int32_t kRunMax = 64;
constexpr uint64_t kExtraField = 8;  // of persons and auctions
// Of the tables below: fixed, so that a channel's URL is the same in every job.
constexpr uint64_t kTableSeed = 0x6E65786D61726B21ull;

constexpr std::array<std::string_view, 11> kFirstNames = {
    "Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"};
constexpr std::array<std::string_view, 9> kLastNames = {
    "Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"};
constexpr std::array<std::string_view, 10> kCities = {
    "Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland",
    "Bend",    "Redmond",     "Seattle",       "Kent",  "Cheyenne"};
constexpr std::array<std::string_view, 6> kStates = {"AZ", "CA", "ID", "OR", "WA", "WY"};
constexpr std::array<std::string_view, 4> kHotChannelNames = {"Google", "Facebook", "Baidu",
                                                              "Apple"};

// A sequence of draws for the tables.
class TableRandom {
 public:
  explicit TableRandom(uint64_t seed) : state_(seed) {}
  uint64_t Next() { return MixHash(state_ += 0x9E3779B97F4A7C15ull); }
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>((Next() >> 32) * bound >> 32); }

 private:
  uint64_t state_;
};

uint32_t ReverseBits(uint32_t value) {
  uint32_t reversed = 0;
  for (int bit = 0; bit < 32; ++bit) reversed |= (value >> bit & 1) << (31 - bit);
  return reversed;
}

StringValue Keep(Arena& arena, std::string_view text) {
  char* bytes = arena.Allocate(text.size());
  std::memcpy(bytes, text.data(), text.size());
  return MakeStringValue(bytes, static_cast<uint32_t>(text.size()));
}

}  // namespace

NexmarkGenerator::NexmarkGenerator(const NexmarkConfig& config)
    : config_(config),
      cycle_(config.person_proportion + config.auction_proportion + config.bid_proportion),
      micros_per_event_(1e6 / config.events_per_second),
      bidder_offset_(kFirstPersonId * (config.bidder_double_offset ? 2 : 1)) {
  CHECK(config.person_proportion > 0 && config.auction_proportion > 0 &&
        config.bid_proportion >= 0 && config.events_per_second > 0);
  constexpr int64_t kFixedBidBytes = 32;
  const ExtraLength extra = ExtraLengthOf(kFixedBidBytes, config.bid_size);
  bid_extra_min_ = extra.min;
  bid_extra_span_ = extra.span;
  building_ = std::make_shared<Arena>();
  MakeText();
  MakeChannels();
  for (const std::string_view first : kFirstNames) {
    for (const std::string_view last : kLastNames) {
      names_.push_back(Keep(*building_, fmt::format("{} {}", first, last)));
    }
  }
  building_->MarkResident();
  arena_ = std::move(building_);
}

void NexmarkGenerator::MakeText() {
  TableRandom random(kTableSeed);
  char* letters = building_->Allocate(kTextBytes);
  char* words = building_->Allocate(kTextBytes);
  for (uint32_t i = 0; i < kTextBytes; ++i) {
    letters[i] = static_cast<char>('a' + random.Below(26));
    words[i] = random.Below(13) == 0 ? ' ' : letters[i];
  }
  letters_ = letters;
  words_ = words;
}

void NexmarkGenerator::MakeChannels() {
  TableRandom random(kTableSeed + 1);
  const auto name = [&] {
    std::string text;
    const uint32_t size = 3 + random.Below(2);
    for (uint32_t i = 0; i < size; ++i) {
      text += random.Below(13) == 0 ? '_' : static_cast<char>('a' + random.Below(26));
    }
    return text;
  };
  const auto base_url = [&] {
    const std::string a = name(), b = name(), c = name();
    return fmt::format("https://www.nexmark.com/{}/{}/{}/item.htm?query=1", a, b, c);
  };
  for (uint32_t i = 0; i < kChannels; ++i) {
    std::string url = base_url();
    if (random.Below(10) > 0) {
      const auto id = static_cast<int32_t>(ReverseBits(i));
      url += fmt::format("&channel_id={}", std::abs(static_cast<int64_t>(id)));
    }
    channels_.push_back({Keep(*building_, fmt::format("channel-{}", i)), Keep(*building_, url)});
  }
  for (const std::string_view hot : kHotChannelNames) {
    channels_.push_back({Keep(*building_, hot), Keep(*building_, base_url())});
  }
}

NexmarkGenerator::ExtraLength NexmarkGenerator::ExtraLengthOf(int64_t other_bytes,
                                                              int64_t average) {
  if (other_bytes >= average) return {0, 1};
  const int64_t size = average - other_bytes;
  const int64_t delta = std::llround(static_cast<double>(size) * 0.2);
  return {static_cast<uint32_t>(size - delta),
          static_cast<uint32_t>(std::max<int64_t>(2 * delta, 1))};
}

std::string_view NexmarkGenerator::Words(uint64_t draw, uint32_t max) const {
  const char* begin = TextAt(words_, Low(draw));
  const char* end = begin + 3 + Below(High(draw), max - 3);
  while (begin < end && *begin == ' ') ++begin;
  while (begin < end && end[-1] == ' ') --end;
  return {begin, static_cast<size_t>(end - begin)};
}

void NexmarkGenerator::PrefetchTexts(uint64_t base, std::array<uint64_t, 2> words) const {
  for (const uint64_t field : words) {
    __builtin_prefetch(TextAt(words_, Low(Draw(base, field))));
  }
  __builtin_prefetch(TextAt(letters_, Low(Draw(base, kExtraField))));
}

NexmarkGenerator::Epoch NexmarkGenerator::EpochOf(int64_t event_id) const {
  const int64_t cycle = event_id / cycle_;
  const int64_t offset = event_id % cycle_;
  Epoch epoch{};
  epoch.last_person =
      cycle * config_.person_proportion + std::min(offset, config_.person_proportion - 1);
  if (offset < config_.person_proportion) {
    // The auctions of this cycle come later.
    epoch.last_auction = cycle * config_.auction_proportion - 1;
  } else {
    epoch.last_auction =
        cycle * config_.auction_proportion +
        std::min(offset - config_.person_proportion, config_.auction_proportion - 1);
  }
  epoch.hot_auction = epoch.last_auction / kHotRatio * kHotRatio;
  epoch.auction_min = std::max<int64_t>(epoch.last_auction - kInFlightAuctions, 0);
  epoch.auction_span = static_cast<uint32_t>(epoch.last_auction - epoch.auction_min + 1 + kIdLead);
  epoch.hot_bidder = epoch.last_person / kHotRatio * kHotRatio + 1;
  const int64_t people = epoch.last_person + 1;
  const int64_t active = std::min(people, kActivePeople);
  epoch.person_min = people - active;
  epoch.person_span = static_cast<uint32_t>(active + kIdLead);
  return epoch;
}

template <typename Visit>
int32_t NexmarkGenerator::VisitRuns(NexmarkEvent kind, int64_t first, int32_t count,
                                    Visit&& visit) const {
  int64_t begin = 0, size = config_.person_proportion;
  if (kind == NexmarkEvent::kAuction) {
    begin = config_.person_proportion;
    size = config_.auction_proportion;
  } else if (kind == NexmarkEvent::kBid) {
    begin = config_.person_proportion + config_.auction_proportion;
    size = config_.bid_proportion;
  }
  const int64_t from = EventId(first);
  const int64_t to = from + count;
  int32_t row = 0;
  for (int64_t cycle = from / cycle_; cycle * cycle_ < to; ++cycle) {
    int64_t id = std::max(cycle * cycle_ + begin, from);
    const int64_t end = std::min(cycle * cycle_ + begin + size, to);
    // Runs are short, so that what a run needs for each event fits on the stack.
    for (; id < end; id += kRunMax) {
      const auto run = static_cast<int32_t>(std::min<int64_t>(end - id, kRunMax));
      visit(id, run, row);
      row += run;
    }
  }
  return row;
}

int32_t NexmarkGenerator::GenerateBids(int64_t first, int32_t count,
                                       const NexmarkBidColumns& columns) const {
  return VisitRuns(NexmarkEvent::kBid, first, count, [&](int64_t id, int32_t run, int32_t row) {
    const Epoch epoch = EpochOf(id);
    uint64_t bases[kRunMax];
    for (int32_t i = 0; i < run; ++i) bases[i] = Base(id + i);
    // What stands anywhere in the tables is asked for first, and here when the rest is drawn.
    const bool has_channel = columns.channel != nullptr || columns.url != nullptr;
    uint32_t channels[kRunMax];
    std::string_view extras[kRunMax];
    if (has_channel) {
      for (int32_t i = 0; i < run; ++i) {
        channels[i] = BidChannel(bases[i]);
        __builtin_prefetch(&channels_[channels[i]]);
      }
    }
    if (columns.extra != nullptr) {
      for (int32_t i = 0; i < run; ++i) {
        extras[i] = BidExtraText(bases[i]);
        __builtin_prefetch(extras[i].data());
      }
    }
    if (int64_t* out = columns.auction) {
      for (int32_t i = 0; i < run; ++i) out[row + i] = BidAuction(epoch, bases[i]);
    }
    if (int64_t* out = columns.bidder) {
      for (int32_t i = 0; i < run; ++i) out[row + i] = BidBidder(epoch, bases[i]);
    }
    if (int64_t* out = columns.price) {
      for (int32_t i = 0; i < run; ++i) out[row + i] = BidPrice(bases[i]);
    }
    if (has_channel) {
      for (int32_t i = 0; i < run; ++i) {
        const Channels& channel = channels_[channels[i]];
        if (columns.channel != nullptr) columns.channel[row + i] = channel.name;
        if (columns.url != nullptr) columns.url[row + i] = channel.url;
      }
    }
    if (int64_t* out = columns.date_time) {
      for (int32_t i = 0; i < run; ++i) out[row + i] = DateTimeMicros(id + i);
    }
    if (StringValue* out = columns.extra) {
      for (int32_t i = 0; i < run; ++i) out[row + i] = MakeStringValue(extras[i]);
    }
  });
}

int64_t NexmarkGenerator::ColdOrHotSeller(const Epoch& epoch, uint64_t draw) const {
  if (Below(High(draw), static_cast<uint32_t>(config_.hot_ratio_sellers)) > 0) {
    return epoch.last_person / kHotRatio * kHotRatio + kFirstPersonId;
  }
  return epoch.person_min + Below(Low(draw), epoch.person_span) + kFirstPersonId;
}

int32_t NexmarkGenerator::GenerateAuctions(int64_t first, int32_t count,
                                           const NexmarkAuctionColumns& columns) const {
  const auto visit = [&](int64_t first_id, int32_t run, int32_t first_row) {
    for (int32_t i = 0; i < run; ++i) {
      const int64_t id = first_id + i;
      const int32_t row = first_row + i;
      const uint64_t base = Base(id);
      const Epoch epoch = EpochOf(id);
      if (columns.id != nullptr) columns.id[row] = epoch.last_auction + kFirstAuctionId;
      const bool needs_lengths = columns.extra != nullptr;
      if (needs_lengths) PrefetchTexts(Base(id + cycle_), {1, 2});
      std::string_view item_name, description;
      if (columns.item_name != nullptr || needs_lengths) item_name = Words(Draw(base, 1), 20);
      if (columns.description != nullptr || needs_lengths) description = Words(Draw(base, 2), 100);
      if (columns.item_name != nullptr) columns.item_name[row] = MakeStringValue(item_name);
      if (columns.description != nullptr) columns.description[row] = MakeStringValue(description);
      if (columns.initial_bid != nullptr) columns.initial_bid[row] = Price(Draw(base, 3));
      if (columns.reserve != nullptr) {
        columns.reserve[row] = Price(Draw(base, 3)) + Price(Draw(base, 4));
      }
      const int64_t now = DateTimeMillis(id);
      if (columns.date_time != nullptr) columns.date_time[row] = now * 1'000;
      if (columns.expires != nullptr) {
        // When the auctions in flight now will have been followed by as many more.
        const int64_t ahead = kInFlightAuctions * cycle_ / config_.auction_proportion;
        const int64_t horizon = DateTimeMillis(id + ahead) - now;
        const auto span = static_cast<uint32_t>(std::max<int64_t>(horizon * 2, 1));
        columns.expires[row] = (now + 1 + Below(Low(Draw(base, 5)), span)) * 1'000;
      }
      if (columns.seller != nullptr) columns.seller[row] = ColdOrHotSeller(epoch, Draw(base, 6));
      if (columns.category != nullptr) {
        columns.category[row] = kFirstCategoryId + Below(Low(Draw(base, 7)), kCategories);
      }
      if (columns.extra != nullptr) {
        const auto others = static_cast<int64_t>(8 + item_name.size() + description.size() + 40);
        const ExtraLength length = ExtraLengthOf(others, config_.auction_size);
        const uint64_t draw = Draw(base, kExtraField);
        columns.extra[row] = MakeStringValue(
            Slice(letters_, Low(draw), length.min + Below(High(draw), length.span)));
      }
    }
  };
  return VisitRuns(NexmarkEvent::kAuction, first, count, visit);
}

int32_t NexmarkGenerator::GeneratePersons(int64_t first, int32_t count,
                                          const NexmarkPersonColumns& columns, char* text) const {
  const auto make_person = [&](int64_t id, int32_t row) {
    const uint64_t base = Base(id);
    if (columns.id != nullptr) columns.id[row] = EpochOf(id).last_person + kFirstPersonId;
    const bool needs_lengths = columns.extra != nullptr;
    if (needs_lengths) PrefetchTexts(Base(id + cycle_), {2, 3});
    const StringValue& name =
        names_[Below(Low(Draw(base, 1)), static_cast<uint32_t>(names_.size()))];
    const std::string_view city = kCities[Below(Low(Draw(base, 4)), kCities.size())];
    const std::string_view state = kStates[Below(Low(Draw(base, 5)), kStates.size())];
    constexpr uint32_t kCardBytes = 19;
    uint32_t email_bytes = 0;
    char* own = text + static_cast<size_t>(row) * kPersonTextBytes;
    if (columns.email_address != nullptr || needs_lengths) {
      const std::string_view user = Words(Draw(base, 2), 7);
      const std::string_view host = Words(Draw(base, 3), 5);
      char* out = own;
      for (const std::string_view part :
           {user, std::string_view("@"), host, std::string_view(".com")}) {
        std::memcpy(out, part.data(), part.size());
        out += part.size();
      }
      email_bytes = static_cast<uint32_t>(out - own);
    }
    if (columns.credit_card != nullptr) {
      char* out = own + kPersonTextBytes - kCardBytes;
      for (int group = 0; group < 4; ++group) {
        const uint64_t draw = Draw(base, 6 + (group >> 1));
        uint32_t number = Below(group % 2 == 0 ? Low(draw) : High(draw), 10'000);
        if (group > 0) *out++ = ' ';
        for (int digit = 3; digit >= 0; --digit, number /= 10) {
          out[digit] = static_cast<char>('0' + number % 10);
        }
        out += 4;
      }
      columns.credit_card[row] = MakeStringValue(own + kPersonTextBytes - kCardBytes, kCardBytes);
    }
    if (columns.name != nullptr) columns.name[row] = name;
    if (columns.email_address != nullptr) {
      columns.email_address[row] = MakeStringValue(own, email_bytes);
    }
    if (columns.city != nullptr) columns.city[row] = MakeStringValue(city);
    if (columns.state != nullptr) columns.state[row] = MakeStringValue(state);
    if (columns.date_time != nullptr) columns.date_time[row] = DateTimeMicros(id);
    if (columns.extra != nullptr) {
      const auto others = static_cast<int64_t>(8 + name.size + email_bytes + kCardBytes +
                                               city.size() + state.size());
      const ExtraLength length = ExtraLengthOf(others, config_.person_size);
      const uint64_t draw = Draw(base, kExtraField);
      columns.extra[row] =
          MakeStringValue(Slice(letters_, Low(draw), length.min + Below(High(draw), length.span)));
    }
  };
  return VisitRuns(NexmarkEvent::kPerson, first, count,
                   [&](int64_t first_id, int32_t run, int32_t first_row) {
                     for (int32_t i = 0; i < run; ++i) make_person(first_id + i, first_row + i);
                   });
}

}  // namespace flinkc
