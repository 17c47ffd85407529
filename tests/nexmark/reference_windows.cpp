#include <algorithm>
#include <set>

#include "tests/nexmark/reference.h"
#include "tests/nexmark/row_text.h"

namespace flinkc {

namespace {

constexpr int64_t kTenSeconds = 10'000;
constexpr int64_t kTwoSeconds = 2'000;

// The start of the ten seconds that a time is in.
int64_t TumbleStart(int64_t millis) { return millis - millis % kTenSeconds; }

// The starts of all windows of ten seconds, one every two, that a time is in.
std::vector<int64_t> HopStarts(int64_t millis) {
  std::vector<int64_t> starts;
  for (int64_t start = millis - millis % kTwoSeconds; start + kTenSeconds > millis;
       start -= kTwoSeconds) {
    starts.push_back(start);
  }
  return starts;
}

// start of the window → auction → bids
std::map<int64_t, std::map<int64_t, int64_t>> BidsByHop(const NexmarkEvents& events) {
  std::map<int64_t, std::map<int64_t, int64_t>> counts;
  for (const NexmarkBid& bid : events.bids) {
    for (const int64_t start : HopStarts(bid.date_time)) ++counts[start][bid.auction];
  }
  return counts;
}

}  // namespace

ReferenceRows ReferenceQ5(const NexmarkEvents& events) {
  ReferenceRows result;
  for (const auto& [start, auctions] : BidsByHop(events)) {
    int64_t most = 0;
    for (const auto& [auction, count] : auctions) most = std::max(most, count);
    for (const auto& [auction, count] : auctions) {
      if (count < most) continue;
      result.rows.push_back(RowText().Number("auction", auction).Number("num", count).Take());
    }
  }
  return result;
}

ReferenceRows ReferenceQ5Count(const NexmarkEvents& events) {
  ReferenceRows result;
  for (const auto& [start, auctions] : BidsByHop(events)) {
    for (const auto& [auction, count] : auctions) {
      result.rows.push_back(RowText()
                                .Number("auction", auction)
                                .Time("window_start", start)
                                .Time("window_end", start + kTenSeconds)
                                .Time("window_time", start + kTenSeconds - 1)
                                .Number("num", count)
                                .Take());
    }
  }
  return result;
}

ReferenceRows ReferenceQ7(const NexmarkEvents& events) {
  std::map<int64_t, int64_t> highest;  // by the end of the window
  for (const NexmarkBid& bid : events.bids) {
    int64_t& price = highest[TumbleStart(bid.date_time) + kTenSeconds];
    price = std::max(price, bid.price);
  }
  ReferenceRows result;
  for (const auto& [end, price] : highest) {
    for (const NexmarkBid& bid : events.bids) {
      // BETWEEN has both ends: the first bid of the next window is one of them.
      if (bid.price != price || bid.date_time < end - kTenSeconds || bid.date_time > end) continue;
      result.rows.push_back(RowText()
                                .Number("auction", bid.auction)
                                .Number("price", bid.price)
                                .Number("bidder", bid.bidder)
                                .Time("dateTime", bid.date_time)
                                .Text("extra", bid.extra)
                                .Take());
    }
  }
  return result;
}

ReferenceRows ReferenceQ8(const NexmarkEvents& events) {
  std::set<std::pair<int64_t, int64_t>> sellers;  // with the start of the window
  for (const NexmarkAuction& auction : events.auctions) {
    sellers.insert({TumbleStart(auction.date_time), auction.seller});
  }
  std::set<std::string> rows;  // the query groups: equal persons are one
  for (const NexmarkPerson& person : events.persons) {
    const int64_t start = TumbleStart(person.date_time);
    if (!sellers.contains({start, person.id})) continue;
    rows.insert(
        RowText().Number("id", person.id).Text("name", person.name).Time("stime", start).Take());
  }
  return {{rows.begin(), rows.end()}, {}};
}

ReferenceRows ReferenceQ11(const NexmarkEvents& events) {
  std::map<int64_t, std::vector<int64_t>> times;  // by bidder
  for (const NexmarkBid& bid : events.bids) times[bid.bidder].push_back(bid.date_time);
  ReferenceRows result;
  for (auto& [bidder, all] : times) {
    std::ranges::sort(all);
    size_t begin = 0;
    for (size_t i = 1; i <= all.size(); ++i) {
      // Windows that touch are one, in Flink: a bid exactly ten seconds later is still in it.
      if (i < all.size() && all[i] - all[i - 1] <= kTenSeconds) continue;
      result.rows.push_back(RowText()
                                .Number("bidder", bidder)
                                .Number("bid_count", static_cast<int64_t>(i - begin))
                                .Time("starttime", all[begin])
                                .Time("endtime", all[i - 1] + kTenSeconds)
                                .Take());
      begin = i;
    }
  }
  return result;
}

ReferenceRows ReferenceQ12(const NexmarkEvents& events) {
  std::map<int64_t, int64_t> counts;
  for (const NexmarkBid& bid : events.bids) ++counts[bid.bidder];
  ReferenceRows result;
  for (const auto& [bidder, count] : counts) {
    result.rows.push_back(RowText().Number("bidder", bidder).Number("bid_count", count).Take());
  }
  return result;
}

}  // namespace flinkc
