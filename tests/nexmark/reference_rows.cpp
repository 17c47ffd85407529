#include "tests/nexmark/reference.h"
#include "tests/nexmark/row_text.h"

namespace flinkc {

namespace {

int64_t EuroThousandths(int64_t price) { return price * 908; }

std::string LowerCase(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// What follows `channel_id=` up to the next `&`, where `&` or nothing stands before it; or nothing.
bool ChannelIdOf(const std::string& url, std::string* id) {
  const std::string name = "channel_id=";
  for (size_t at = 0; at + name.size() <= url.size(); ++at) {
    if (url.compare(at, name.size(), name) != 0 || (at > 0 && url[at - 1] != '&')) continue;
    id->clear();
    for (size_t i = at + name.size(); i < url.size() && url[i] != '&'; ++i) *id += url[i];
    return true;
  }
  return false;
}

std::vector<std::string> PartsOf(const std::string& url) {
  std::vector<std::string> parts(1);
  for (const char c : url) {
    if (c == '/') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace

ReferenceRows ReferenceQ0(const NexmarkEvents& events) {
  ReferenceRows result;
  for (const NexmarkBid& bid : events.bids) {
    result.rows.push_back(RowText()
                              .Number("auction", bid.auction)
                              .Number("bidder", bid.bidder)
                              .Number("price", bid.price)
                              .Time("dateTime", bid.date_time)
                              .Text("extra", bid.extra)
                              .Take());
  }
  return result;
}

ReferenceRows ReferenceQ1(const NexmarkEvents& events) {
  ReferenceRows result;
  for (const NexmarkBid& bid : events.bids) {
    result.rows.push_back(RowText()
                              .Number("auction", bid.auction)
                              .Number("bidder", bid.bidder)
                              .Thousandths("price", EuroThousandths(bid.price))
                              .Time("dateTime", bid.date_time)
                              .Text("extra", bid.extra)
                              .Take());
  }
  return result;
}

ReferenceRows ReferenceQ2(const NexmarkEvents& events) {
  ReferenceRows result;
  for (const NexmarkBid& bid : events.bids) {
    if (bid.auction % 123 != 0) continue;
    result.rows.push_back(
        RowText().Number("auction", bid.auction).Number("price", bid.price).Take());
  }
  return result;
}

ReferenceRows ReferenceQ10(const NexmarkEvents& events) {
  ReferenceRows result;
  for (const NexmarkBid& bid : events.bids) {
    result.rows.push_back(RowText()
                              .Number("auction", bid.auction)
                              .Number("bidder", bid.bidder)
                              .Number("price", bid.price)
                              .Time("dateTime", bid.date_time)
                              .Text("extra", bid.extra)
                              .Text("dt", DayText(bid.date_time))
                              .Text("hm", MinuteText(bid.date_time))
                              .Take());
  }
  return result;
}

ReferenceRows ReferenceQ14(const NexmarkEvents& events) {
  ReferenceRows result;
  for (const NexmarkBid& bid : events.bids) {
    const int64_t euro = EuroThousandths(bid.price);
    if (euro <= 1'000'000'000 || euro >= 50'000'000'000) continue;
    const int hour = HourOf(bid.date_time);
    std::string time_type = "otherTime";
    if (hour >= 8 && hour <= 18) {
      time_type = "dayTime";
    } else if (hour <= 6 || hour >= 20) {
      time_type = "nightTime";
    }
    int64_t count = 0;
    for (const char c : bid.extra) count += c == 'c';
    result.rows.push_back(RowText()
                              .Number("auction", bid.auction)
                              .Number("bidder", bid.bidder)
                              .Thousandths("price", euro)
                              .Text("bidTimeType", time_type)
                              .Time("dateTime", bid.date_time)
                              .Text("extra", bid.extra)
                              .Number("c_counts", count)
                              .Take());
  }
  return result;
}

ReferenceRows ReferenceQ21(const NexmarkEvents& events) {
  const std::map<std::string, std::string> known = {
      {"apple", "0"}, {"google", "1"}, {"facebook", "2"}, {"baidu", "3"}};
  ReferenceRows result;
  for (const NexmarkBid& bid : events.bids) {
    std::string id;
    const auto found = known.find(LowerCase(bid.channel));
    if (found != known.end()) {
      id = found->second;
    } else if (!ChannelIdOf(bid.url, &id)) {
      continue;
    }
    result.rows.push_back(RowText()
                              .Number("auction", bid.auction)
                              .Number("bidder", bid.bidder)
                              .Number("price", bid.price)
                              .Text("channel", bid.channel)
                              .Text("channel_id", id)
                              .Take());
  }
  return result;
}

ReferenceRows ReferenceQ22(const NexmarkEvents& events) {
  ReferenceRows result;
  for (const NexmarkBid& bid : events.bids) {
    const std::vector<std::string> parts = PartsOf(bid.url);
    RowText row;
    row.Number("auction", bid.auction)
        .Number("bidder", bid.bidder)
        .Number("price", bid.price)
        .Text("channel", bid.channel);
    for (size_t i = 3; i <= 5; ++i) {
      const std::string column = "dir" + std::to_string(i - 2);
      if (i < parts.size()) {
        row.Text(column, parts[i]);
      } else {
        row.Null(column);
      }
    }
    result.rows.push_back(row.Take());
  }
  return result;
}

}  // namespace flinkc
