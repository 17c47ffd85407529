#include "tests/nexmark/nexmark_events.h"

#include "stdlib-operators/connectors/nexmark_generator.h"

namespace flinkc {

namespace {

std::string Text(const StringValue& value) { return std::string(value.data(), value.size); }

void ReadPerson(const NexmarkGenerator& generator, int64_t number, NexmarkEvents* events) {
  int64_t id, time;
  StringValue name, email, card, city, state, extra;
  std::vector<char> text(NexmarkGenerator::kPersonTextBytes);
  generator.GeneratePersons(number, 1, {&id, &name, &email, &card, &city, &state, &time, &extra},
                            text.data());
  events->persons.push_back(
      {id, Text(name), Text(email), Text(card), Text(city), Text(state), time / 1000, Text(extra)});
}

void ReadAuction(const NexmarkGenerator& generator, int64_t number, NexmarkEvents* events) {
  int64_t id, initial_bid, reserve, time, expires, seller, category;
  StringValue name, description, extra;
  generator.GenerateAuctions(number, 1,
                             {&id, &name, &description, &initial_bid, &reserve, &time, &expires,
                              &seller, &category, &extra});
  events->auctions.push_back({id, Text(name), Text(description), initial_bid, reserve, time / 1000,
                              expires / 1000, seller, category, Text(extra)});
}

void ReadBid(const NexmarkGenerator& generator, int64_t number, NexmarkEvents* events) {
  int64_t auction, bidder, price, time;
  StringValue channel, url, extra;
  generator.GenerateBids(number, 1, {&auction, &bidder, &price, &channel, &url, &time, &extra});
  events->bids.push_back(
      {auction, bidder, price, Text(channel), Text(url), time / 1000, Text(extra)});
}

}  // namespace

NexmarkEvents ReadNexmarkEvents(int64_t events, int64_t rate) {
  NexmarkConfig config;
  config.events = events;
  config.events_per_second = static_cast<double>(rate);
  const NexmarkGenerator generator(config);
  NexmarkEvents result;
  for (int64_t number = 0; number < events; ++number) {
    switch (generator.KindOf(NexmarkGenerator::EventId(number))) {
      case NexmarkEvent::kPerson:
        ReadPerson(generator, number, &result);
        break;
      case NexmarkEvent::kAuction:
        ReadAuction(generator, number, &result);
        break;
      case NexmarkEvent::kBid:
        ReadBid(generator, number, &result);
        break;
    }
  }
  return result;
}

}  // namespace flinkc
