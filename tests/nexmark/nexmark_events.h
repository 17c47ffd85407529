// The events of the NEXMark generator as plain values, read from the generator itself: no source,
// no plan, no batch stands between.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flinkc {

// Times are milliseconds since 1970.
struct NexmarkPerson {
  int64_t id;
  std::string name, email_address, credit_card, city, state;
  int64_t date_time;
  std::string extra;
};
struct NexmarkAuction {
  int64_t id;
  std::string item_name, description;
  int64_t initial_bid, reserve, date_time, expires, seller, category;
  std::string extra;
};
struct NexmarkBid {
  int64_t auction, bidder, price;
  std::string channel, url;
  int64_t date_time;
  std::string extra;
};

// Each table in the order of the events.
struct NexmarkEvents {
  std::vector<NexmarkPerson> persons;
  std::vector<NexmarkAuction> auctions;
  std::vector<NexmarkBid> bids;
};

// `rate` events a second of event time.
NexmarkEvents ReadNexmarkEvents(int64_t events, int64_t rate);

}  // namespace flinkc
