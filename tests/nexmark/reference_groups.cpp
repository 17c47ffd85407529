#include <algorithm>
#include <set>

#include "tests/nexmark/reference.h"
#include "tests/nexmark/row_text.h"

namespace flinkc {

namespace {

// All prices, and the three classes that q15 to q17 count by themselves.
constexpr int kClasses = 4;

bool IsInClass(int64_t price, int number) {
  switch (number) {
    case 1:
      return price < 10'000;
    case 2:
      return price >= 10'000 && price < 1'000'000;
    case 3:
      return price >= 1'000'000;
    default:
      return true;
  }
}

using Bids = std::vector<const NexmarkBid*>;

int64_t CountBids(const Bids& bids, int number) {
  return std::ranges::count_if(
      bids, [&](const NexmarkBid* bid) { return IsInClass(bid->price, number); });
}

int64_t CountDistinct(const Bids& bids, int number, int64_t NexmarkBid::* column) {
  std::set<int64_t> seen;
  for (const NexmarkBid* bid : bids) {
    if (IsInClass(bid->price, number)) seen.insert(bid->*column);
  }
  return static_cast<int64_t>(seen.size());
}

std::string ClassColumn(int number, std::string_view what) {
  return (number == 0 ? "total" : "rank" + std::to_string(number)) + "_" + std::string(what);
}

void AddBidCounts(const Bids& bids, RowText* row) {
  for (int i = 0; i < kClasses; ++i) row->Number(ClassColumn(i, "bids"), CountBids(bids, i));
}

void AddDistinctCounts(const Bids& bids, RowText* row) {
  for (int i = 0; i < kClasses; ++i) {
    row->Number(ClassColumn(i, "bidders"), CountDistinct(bids, i, &NexmarkBid::bidder));
  }
  for (int i = 0; i < kClasses; ++i) {
    row->Number(ClassColumn(i, "auctions"), CountDistinct(bids, i, &NexmarkBid::auction));
  }
}

RowText WholeBid(const NexmarkBid& bid) {
  return RowText()
      .Number("auction", bid.auction)
      .Number("bidder", bid.bidder)
      .Number("price", bid.price)
      .Text("channel", bid.channel)
      .Text("url", bid.url)
      .Time("dateTime", bid.date_time)
      .Text("extra", bid.extra);
}

}  // namespace

ReferenceRows ReferenceQ15(const NexmarkEvents& events) {
  std::map<std::string, Bids> days;
  for (const NexmarkBid& bid : events.bids) days[DayText(bid.date_time)].push_back(&bid);
  ReferenceRows result;
  for (const auto& [day, bids] : days) {
    RowText row;
    row.Text("day", day);
    AddBidCounts(bids, &row);
    AddDistinctCounts(bids, &row);
    result.rows.push_back(row.Take());
  }
  return result;
}

ReferenceRows ReferenceQ16(const NexmarkEvents& events) {
  std::map<std::pair<std::string, std::string>, Bids> groups;
  for (const NexmarkBid& bid : events.bids) {
    groups[{bid.channel, DayText(bid.date_time)}].push_back(&bid);
  }
  ReferenceRows result;
  for (const auto& [key, bids] : groups) {
    std::string minute;
    for (const NexmarkBid* bid : bids) minute = std::max(minute, MinuteText(bid->date_time));
    RowText row;
    row.Text("channel", key.first).Text("day", key.second).Text("minute", minute);
    AddBidCounts(bids, &row);
    AddDistinctCounts(bids, &row);
    result.rows.push_back(row.Take());
  }
  return result;
}

ReferenceRows ReferenceQ17(const NexmarkEvents& events) {
  std::map<std::pair<int64_t, std::string>, Bids> groups;
  for (const NexmarkBid& bid : events.bids) {
    groups[{bid.auction, DayText(bid.date_time)}].push_back(&bid);
  }
  ReferenceRows result;
  for (const auto& [key, bids] : groups) {
    int64_t lowest = bids[0]->price, highest = bids[0]->price, sum = 0;
    for (const NexmarkBid* bid : bids) {
      lowest = std::min(lowest, bid->price);
      highest = std::max(highest, bid->price);
      sum += bid->price;
    }
    RowText row;
    row.Number("auction", key.first).Text("day", key.second);
    AddBidCounts(bids, &row);
    result.rows.push_back(row.Number("min_price", lowest)
                              .Number("max_price", highest)
                              .Number("avg_price", sum / static_cast<int64_t>(bids.size()))
                              .Number("sum_price", sum)
                              .Take());
  }
  return result;
}

ReferenceRows ReferenceQ18(const NexmarkEvents& events) {
  std::map<std::pair<int64_t, int64_t>, Bids> groups;
  for (const NexmarkBid& bid : events.bids) groups[{bid.bidder, bid.auction}].push_back(&bid);
  ReferenceRows result;
  for (const auto& [key, bids] : groups) {
    const NexmarkBid* last = *std::ranges::max_element(bids, {}, &NexmarkBid::date_time);
    result.rows.push_back(WholeBid(*last).Take());
    for (const NexmarkBid* bid : bids) {
      if (bid == last || bid->date_time != last->date_time) continue;
      result.stands_for[WholeBid(*bid).Take()] = result.rows.back();
    }
  }
  return result;
}

ReferenceRows ReferenceQ19(const NexmarkEvents& events) {
  constexpr size_t kPlaces = 10;
  std::map<int64_t, Bids> auctions;
  for (const NexmarkBid& bid : events.bids) auctions[bid.auction].push_back(&bid);
  ReferenceRows result;
  for (auto& [auction, bids] : auctions) {
    std::ranges::sort(bids, std::greater<>(), &NexmarkBid::price);
    const auto row_at = [&](size_t i, size_t place) {
      return WholeBid(*bids[i]).Number("rank_number", static_cast<int64_t>(place) + 1).Take();
    };
    for (size_t place = 0; place < std::min(kPlaces, bids.size()); ++place) {
      result.rows.push_back(row_at(place, place));
      for (size_t i = 0; i < bids.size(); ++i) {
        if (i == place || bids[i]->price != bids[place]->price) continue;
        result.stands_for[row_at(i, place)] = result.rows.back();
      }
    }
  }
  return result;
}

}  // namespace flinkc
