#include <algorithm>
#include <iterator>

#include "tests/nexmark/reference.h"
#include "tests/nexmark/row_text.h"

namespace flinkc {

namespace {

constexpr int64_t kSoughtCategory = 10;

template <typename Row>
using RowsById = std::map<int64_t, std::vector<const Row*>>;

RowsById<NexmarkBid> BidsByAuction(const NexmarkEvents& events) {
  RowsById<NexmarkBid> bids;
  for (const NexmarkBid& bid : events.bids) bids[bid.auction].push_back(&bid);
  return bids;
}

RowsById<NexmarkAuction> AuctionsBySeller(const NexmarkEvents& events) {
  RowsById<NexmarkAuction> auctions;
  for (const NexmarkAuction& auction : events.auctions) {
    auctions[auction.seller].push_back(&auction);
  }
  return auctions;
}

// The bids on an auction while it was open.
std::vector<const NexmarkBid*> ValidBids(const NexmarkAuction& auction,
                                         const RowsById<NexmarkBid>& bids) {
  std::vector<const NexmarkBid*> valid;
  const auto found = bids.find(auction.id);
  if (found == bids.end()) return valid;
  for (const NexmarkBid* bid : found->second) {
    if (bid->date_time >= auction.date_time && bid->date_time <= auction.expires) {
      valid.push_back(bid);
    }
  }
  return valid;
}

// The highest price, and of equal ones the earliest.
bool Wins(const NexmarkBid* a, const NexmarkBid* b) {
  return a->price != b->price ? a->price > b->price : a->date_time < b->date_time;
}

std::string WinningRow(const NexmarkAuction& auction, const NexmarkBid& bid) {
  return RowText()
      .Number("id", auction.id)
      .Text("itemName", auction.item_name)
      .Text("description", auction.description)
      .Number("initialBid", auction.initial_bid)
      .Number("reserve", auction.reserve)
      .Time("dateTime", auction.date_time)
      .Time("expires", auction.expires)
      .Number("seller", auction.seller)
      .Number("category", auction.category)
      .Text("extra", auction.extra)
      .Number("auction", bid.auction)
      .Number("bidder", bid.bidder)
      .Number("price", bid.price)
      .Time("bid_dateTime", bid.date_time)
      .Text("bid_extra", bid.extra)
      .Take();
}

}  // namespace

std::string SideInputValue(int64_t key) { return "side-" + std::to_string(key * 7919 % 10'007); }

ReferenceRows ReferenceQ3(const NexmarkEvents& events) {
  ReferenceRows result;
  for (const NexmarkAuction& auction : events.auctions) {
    if (auction.category != kSoughtCategory) continue;
    for (const NexmarkPerson& person : events.persons) {
      if (person.id != auction.seller) continue;
      if (person.state != "OR" && person.state != "ID" && person.state != "CA") continue;
      result.rows.push_back(RowText()
                                .Text("name", person.name)
                                .Text("city", person.city)
                                .Text("state", person.state)
                                .Number("id", auction.id)
                                .Take());
    }
  }
  return result;
}

ReferenceRows ReferenceQ4(const NexmarkEvents& events) {
  const RowsById<NexmarkBid> bids = BidsByAuction(events);
  struct Finals {
    int64_t sum = 0, count = 0;
  };
  std::map<int64_t, Finals> categories;
  for (const NexmarkAuction& auction : events.auctions) {
    const std::vector<const NexmarkBid*> valid = ValidBids(auction, bids);
    if (valid.empty()) continue;
    Finals& finals = categories[auction.category];
    finals.sum += (*std::ranges::min_element(valid, Wins))->price;
    ++finals.count;
  }
  ReferenceRows result;
  for (const auto& [category, finals] : categories) {
    result.rows.push_back(
        RowText().Number("id", category).Number("final", finals.sum / finals.count).Take());
  }
  return result;
}

ReferenceRows ReferenceQ6(const NexmarkEvents& events) {
  const RowsById<NexmarkBid> bids = BidsByAuction(events);
  RowsById<NexmarkBid> winners;  // by seller
  for (const NexmarkAuction& auction : events.auctions) {
    const std::vector<const NexmarkBid*> valid = ValidBids(auction, bids);
    if (!valid.empty()) {
      winners[auction.seller].push_back(*std::ranges::min_element(valid, Wins));
    }
  }
  ReferenceRows result;
  for (auto& [seller, all] : winners) {
    std::ranges::sort(all, {}, &NexmarkBid::date_time);
    for (size_t i = 0; i < all.size(); ++i) {
      // ROWS BETWEEN 10 PRECEDING AND CURRENT ROW
      int64_t sum = 0, count = 0;
      for (size_t j = i < 10 ? 0 : i - 10; j <= i; ++j) {
        sum += all[j]->price;
        ++count;
      }
      result.rows.push_back(
          RowText().Number("seller", seller).Number("avg_price", sum / count).Take());
    }
  }
  return result;
}

ReferenceRows ReferenceQ9(const NexmarkEvents& events) {
  const RowsById<NexmarkBid> bids = BidsByAuction(events);
  ReferenceRows result;
  for (const NexmarkAuction& auction : events.auctions) {
    const std::vector<const NexmarkBid*> valid = ValidBids(auction, bids);
    if (valid.empty()) continue;
    const NexmarkBid* winner = *std::ranges::min_element(valid, Wins);
    result.rows.push_back(WinningRow(auction, *winner));
    for (const NexmarkBid* bid : valid) {
      if (bid == winner || Wins(winner, bid)) continue;
      result.stands_for[WinningRow(auction, *bid)] = result.rows.back();
    }
  }
  return result;
}

ReferenceRows ReferenceQ13(const NexmarkEvents& events) {
  ReferenceRows result;
  for (const NexmarkBid& bid : events.bids) {
    result.rows.push_back(RowText()
                              .Number("auction", bid.auction)
                              .Number("bidder", bid.bidder)
                              .Number("price", bid.price)
                              .Time("dateTime", bid.date_time)
                              .Text("value", SideInputValue(bid.auction % kSideInputRows))
                              .Take());
  }
  return result;
}

ReferenceRows ReferenceAsOf(const NexmarkEvents& events) {
  constexpr int64_t kSecond = 1'000;
  // By auction: of each second, by its last millisecond, the highest price.
  std::map<int64_t, std::map<int64_t, int64_t>> highest;
  for (const NexmarkBid& bid : events.bids) {
    const int64_t last = bid.date_time - bid.date_time % kSecond + kSecond - 1;
    int64_t& price = highest[bid.auction][last];
    price = std::max(price, bid.price);
  }
  ReferenceRows result;
  for (const NexmarkBid& bid : events.bids) {
    RowText row;
    row.Number("auction", bid.auction)
        .Number("bidder", bid.bidder)
        .Number("price", bid.price)
        .Time("dateTime", bid.date_time);
    const std::map<int64_t, int64_t>& seconds = highest[bid.auction];
    const auto after = seconds.upper_bound(bid.date_time);
    if (after == seconds.begin()) {
      row.Null("before");
    } else {
      row.Number("before", std::prev(after)->second);
    }
    result.rows.push_back(row.Take());
  }
  return result;
}

ReferenceRows ReferenceQ20(const NexmarkEvents& events) {
  const RowsById<NexmarkBid> bids = BidsByAuction(events);
  ReferenceRows result;
  for (const NexmarkAuction& auction : events.auctions) {
    const auto found = bids.find(auction.id);
    if (auction.category != kSoughtCategory || found == bids.end()) continue;
    for (const NexmarkBid* bid : found->second) {
      result.rows.push_back(RowText()
                                .Number("auction", bid->auction)
                                .Number("bidder", bid->bidder)
                                .Number("price", bid->price)
                                .Text("channel", bid->channel)
                                .Text("url", bid->url)
                                .Time("bid_dateTime", bid->date_time)
                                .Text("bid_extra", bid->extra)
                                .Text("itemName", auction.item_name)
                                .Text("description", auction.description)
                                .Number("initialBid", auction.initial_bid)
                                .Number("reserve", auction.reserve)
                                .Time("auction_dateTime", auction.date_time)
                                .Time("expires", auction.expires)
                                .Number("seller", auction.seller)
                                .Number("category", auction.category)
                                .Text("auction_extra", auction.extra)
                                .Take());
    }
  }
  return result;
}

ReferenceRows ReferenceQ23(const NexmarkEvents& events) {
  RowsById<NexmarkPerson> persons;
  for (const NexmarkPerson& person : events.persons) persons[person.id].push_back(&person);
  const RowsById<NexmarkAuction> auctions = AuctionsBySeller(events);
  ReferenceRows result;
  for (const NexmarkBid& bid : events.bids) {
    const auto bidders = persons.find(bid.bidder);
    const auto sold = auctions.find(bid.bidder);
    if (bidders == persons.end() || sold == auctions.end()) continue;
    for (const NexmarkPerson* person : bidders->second) {
      for (const NexmarkAuction* auction : sold->second) {
        result.rows.push_back(RowText()
                                  .Number("bidder", bid.bidder)
                                  .Number("price", bid.price)
                                  .Text("channel", bid.channel)
                                  .Text("url", bid.url)
                                  .Text("bid_extra", bid.extra)
                                  .Number("person_id", person->id)
                                  .Text("name", person->name)
                                  .Text("emailAddress", person->email_address)
                                  .Text("creditCard", person->credit_card)
                                  .Text("city", person->city)
                                  .Text("state", person->state)
                                  .Text("person_extra", person->extra)
                                  .Text("itemName", auction->item_name)
                                  .Text("description", auction->description)
                                  .Number("initialBid", auction->initial_bid)
                                  .Number("reserve", auction->reserve)
                                  .Time("auction_dateTime", auction->date_time)
                                  .Time("expires", auction->expires)
                                  .Number("seller", auction->seller)
                                  .Number("category", auction->category)
                                  .Text("auction_extra", auction->extra)
                                  .Take());
      }
    }
  }
  return result;
}

}  // namespace flinkc
