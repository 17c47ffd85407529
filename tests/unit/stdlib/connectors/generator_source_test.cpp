#include <cmath>
#include <cstdlib>
#include <map>
#include <set>

#include "stdlib-operators/connectors/datagen_source.h"
#include "stdlib-operators/connectors/nexmark_generator.h"
#include "stdlib-operators/connectors/nexmark_source.h"
#include "stdlib-operators/connectors/striped_splits.h"
#include "tests/unit/stdlib/connectors/connector_fixture.h"

namespace flinkc {
namespace {

using Rows = std::vector<std::string>;

SourceDescriptor Nexmark(OptionMap options) {
  const ConnectorRecord* record = FindConnectorRecord(StdConnectorRecords(), "nexmark");
  Schema schema = record->source.fixed_schema(options);
  return MakeSource("nexmark", std::move(options), std::move(schema));
}

// The bids of a run as plain columns.
struct Bids {
  std::vector<int64_t> auction, bidder, price, time;
  std::vector<std::string> channel, url, extra;
};

Bids ReadBids(OptionMap options) {
  options["table"] = "bid";
  Bids bids;
  const SourceRows got =
      ReadSource(Nexmark(options), 1, [&](const RecordBatch& batch, uint32_t, uint32_t) {
        for (int32_t row = 0; row < batch.row_count(); ++row) {
          bids.auction.push_back(batch.Values<int64_t>(0)[row]);
          bids.bidder.push_back(batch.Values<int64_t>(1)[row]);
          bids.price.push_back(batch.Values<int64_t>(2)[row]);
          bids.channel.emplace_back(batch.Values<StringValue>(3)[row].view());
          bids.url.emplace_back(batch.Values<StringValue>(4)[row].view());
          bids.time.push_back(batch.Values<int64_t>(5)[row]);
          bids.extra.emplace_back(batch.Values<StringValue>(6)[row].view());
        }
      });
  EXPECT_EQ(got.error, "");
  return bids;
}

double Share(const std::vector<int64_t>& values, const std::function<bool(int64_t)>& is) {
  return static_cast<double>(std::count_if(values.begin(), values.end(), is)) /
         static_cast<double>(values.size());
}

TEST(Nexmark, ProportionsOfTheTables) {
  const std::map<std::string, size_t> expected{
      {"person", 2'000}, {"auction", 6'000}, {"bid", 92'000}};
  for (const auto& [table, rows] : expected) {
    const SourceRows got = ReadSource(Nexmark({{"table", table}, {"events.num", "100000"}}));
    // Ids begin with 2: the last cycle is cut and the first one has lost two events.
    EXPECT_NEAR(static_cast<double>(got.rows.size()), static_cast<double>(rows), 2) << table;
  }
  EXPECT_EQ(ReadSource(Nexmark({{"events.num", "12345"}})).rows.size(), 12'345u);
}

TEST(Nexmark, BidsHaveTheOriginalsDistributions) {
  const Bids bids = ReadBids({{"events.num", "1000000"}});
  const auto count = static_cast<double>(bids.price.size());
  // Prices are even on a logarithmic scale from 100 to 100 million.
  EXPECT_NEAR(Share(bids.price, [](int64_t p) { return p < 10'000; }), 1.0 / 3, 0.003);
  EXPECT_NEAR(Share(bids.price, [](int64_t p) { return p >= 1'000'000; }), 1.0 / 3, 0.003);
  EXPECT_EQ(*std::min_element(bids.price.begin(), bids.price.end()), 100);
  EXPECT_LE(*std::max_element(bids.price.begin(), bids.price.end()), 100'000'000);
  EXPECT_GE(*std::max_element(bids.price.begin(), bids.price.end()), 99'900'000);
  // q14 keeps this share.
  EXPECT_NEAR(Share(bids.price, [](int64_t p) { return 0.908 * p > 1e6 && 0.908 * p < 5e7; }),
              0.283, 0.003);
  // Half of the bids for the hot auction, three of four from the hot bidder (a cold one may hit
  // them as well).
  EXPECT_NEAR(Share(bids.auction, [](int64_t id) { return id % 100 == 0; }), 0.505, 0.005);
  EXPECT_NEAR(Share(bids.bidder, [](int64_t id) { return id % 100 == 1; }), 0.7525, 0.005);
  // Half from the hot channels.
  double hot = 0, with_id = 0;
  for (size_t i = 0; i < bids.channel.size(); ++i) {
    const bool is_hot = !bids.channel[i].starts_with("channel-");
    hot += is_hot;
    with_id += !is_hot && bids.url[i].find("&channel_id=") != std::string::npos;
    ASSERT_TRUE(bids.url[i].starts_with("https://www.nexmark.com/")) << bids.url[i];
  }
  EXPECT_NEAR(hot / count, 0.5, 0.005);
  EXPECT_NEAR(with_id / (count - hot), 0.9, 0.01);
  double bytes = 0;
  for (const std::string& extra : bids.extra) {
    ASSERT_GE(extra.size(), 54u);
    ASSERT_LE(extra.size(), 81u);
    bytes += static_cast<double>(extra.size());
  }
  EXPECT_NEAR(bytes / count, 67.5, 0.2);
}

TEST(Nexmark, IdsStayNearTheEventsTime) {
  // The last auction that exists has number 3 * (id / 50) + 2; bids go to the last hundred and ten
  // ahead, or to the hot one.
  const Bids bids = ReadBids({{"events.num", "500000"}});
  for (size_t i = 0; i < bids.auction.size(); ++i) {
    const auto id = static_cast<int64_t>(i) / 46 * 50;
    const int64_t last = id / 50 * 3 + 2 + 1000;
    ASSERT_LE(bids.auction[i], last + 13);
    ASSERT_GE(bids.auction[i], last - 103);
  }
  const Bids once = ReadBids({{"events.num", "500000"}, {"bidder.double-offset", "false"}});
  for (size_t i = 0; i < bids.bidder.size(); ++i) {
    ASSERT_EQ(bids.bidder[i], once.bidder[i] + 1000);
    ASSERT_EQ(bids.price[i], once.price[i]);
  }
}

TEST(Nexmark, EventTimeRisesEvenly) {
  const Bids bids = ReadBids({{"events.num", "100000"}});
  EXPECT_TRUE(std::is_sorted(bids.time.begin(), bids.time.end()));
  constexpr int64_t kBase = 1'436'918'400'000'000;
  EXPECT_NEAR(static_cast<double>(bids.time.front() - kBase), 0, 1'000);
  // 100,000 events at 10,000 a second of event time; the last but one is a bid.
  EXPECT_EQ(bids.time.back() - kBase, 9'999'000);
  for (const int64_t time : bids.time) ASSERT_EQ(time % 1'000, 0);
  const Bids fast = ReadBids({{"events.num", "100000"},
                              {"first-event.rate", "1000000"},
                              {"base_time", "2020-01-01 00:00:00"}});
  EXPECT_EQ(fast.time.back(), 1'577'836'800'000'000 + 99'000);
}

TEST(Nexmark, OptionsChangeSkewSizesAndSeed) {
  const OptionMap base{{"events.num", "100000"}};
  const auto with = [&](std::string name, std::string value) {
    OptionMap options = base;
    options[std::move(name)] = std::move(value);
    return ReadBids(options);
  };
  EXPECT_NEAR(
      Share(with("bid.hot-ratio.auctions", "10").auction, [](int64_t id) { return id % 100 == 0; }),
      0.9, 0.02);
  EXPECT_NEAR(
      Share(with("bid.hot-ratio.bidders", "1").bidder, [](int64_t id) { return id % 100 == 1; }),
      0.01, 0.01);
  EXPECT_EQ(with("bid.avg-size", "20").extra[0], "");
  EXPECT_GT(with("bid.avg-size", "500").extra[0].size(), 300u);
  EXPECT_NE(with("seed", "1").price, ReadBids(base).price);
  EXPECT_EQ(with("seed", "0").price, ReadBids(base).price);
  EXPECT_NEAR(static_cast<double>(with("bid.proportion", "1").price.size()), 20'000, 2);
  EXPECT_NEAR(static_cast<double>(with("person.proportion", "47").price.size()),
              100'000 * 46.0 / 96, 96);
  EXPECT_NEAR(static_cast<double>(with("auction.proportion", "49").price.size()),
              100'000 * 46.0 / 96, 96);
}

TEST(Nexmark, PersonsAndAuctionsAreWellFormed) {
  const auto find = [](const std::string& row, const std::string& key) {
    const size_t begin = row.find("\"" + key + "\":") + key.size() + 3;
    size_t end = row[begin] == '"' ? row.find('"', begin + 1) + 1 : row.find_first_of(",}", begin);
    return row.substr(begin, end - begin);
  };
  const SourceRows persons = ReadSource(Nexmark({{"table", "person"}, {"events.num", "50000"}}));
  int64_t next = std::stoll(find(persons.rows[0], "id"));
  EXPECT_EQ(next, 1001);
  double bytes = 0;
  for (const std::string& row : persons.rows) {
    ASSERT_EQ(std::stoll(find(row, "id")), next++);
    const std::string email = find(row, "emailAddress");
    ASSERT_TRUE(email.ends_with(".com\"") && email.find('@') != std::string::npos) << row;
    ASSERT_EQ(find(row, "creditCard").size(), 21u);
    ASSERT_EQ(find(row, "state").size(), 4u);
    for (const char* key : {"name", "emailAddress", "creditCard", "city", "state", "extra"}) {
      bytes += static_cast<double>(find(row, key).size()) - 2;
    }
  }
  EXPECT_NEAR(bytes / static_cast<double>(persons.rows.size()), 192, 3);

  const SourceRows auctions = ReadSource(Nexmark({{"table", "auction"}, {"events.num", "200000"}}));
  std::map<std::string, int> categories;
  int hot = 0;
  double auction_bytes = 0;
  for (const std::string& row : auctions.rows) {
    ++categories[find(row, "category")];
    hot += (std::stoll(find(row, "seller")) - 1000) % 100 == 0;
    ASSERT_GT(std::stoll(find(row, "reserve")), std::stoll(find(row, "initialBid")));
    ASSERT_GT(find(row, "expires"), find(row, "dateTime"));
    for (const char* key : {"itemName", "description", "extra"}) {
      auction_bytes += static_cast<double>(find(row, key).size()) - 2;
    }
  }
  const auto count = static_cast<double>(auctions.rows.size());
  EXPECT_EQ(categories.size(), 5u);
  for (const auto& [category, rows] : categories) EXPECT_NEAR(rows / count, 0.2, 0.02) << category;
  EXPECT_NEAR(hot / count, 0.75, 0.02);
  EXPECT_NEAR(auction_bytes / count, 452, 5);
  // Another share of auctions by hot sellers.
  const SourceRows cold = ReadSource(Nexmark(
      {{"table", "auction"}, {"events.num", "200000"}, {"auction.hot-ratio.sellers", "1"}}));
  int cold_hot = 0;
  for (const std::string& row : cold.rows) {
    cold_hot += (std::stoll(find(row, "seller")) - 1000) % 100 == 0;
  }
  EXPECT_NEAR(cold_hot / count, 0.01, 0.01);
}

TEST(Nexmark, SplitsHoldTheSameWhateverTheParallelism) {
  const auto by_split = [](uint32_t parallelism) {
    std::map<uint32_t, std::vector<int64_t>> times;
    const SourceDescriptor source = Nexmark({{"table", "bid"}, {"events.num", "300000"}});
    const SourceRows got = ReadSource(
        source, parallelism, [&](const RecordBatch& batch, uint32_t subtask, uint32_t split) {
          std::vector<int64_t>& of_split = times[split * parallelism + subtask];
          for (int32_t row = 0; row < batch.row_count(); ++row) {
            of_split.push_back(batch.Values<int64_t>(5)[row] * 1'000 +
                               batch.Values<int64_t>(2)[row] % 1'000);
          }
        });
    EXPECT_EQ(got.splits, kNexmarkSplits);
    return times;
  };
  const auto one = by_split(1);
  EXPECT_EQ(one.size(), kNexmarkSplits);
  EXPECT_EQ(by_split(3), one);
  EXPECT_EQ(by_split(7), one);
  for (const auto& [split, times] : one)
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end(),
                               [](int64_t a, int64_t b) { return a / 1'000 < b / 1'000; }));
}

TEST(Nexmark, ColumnsThatAreNotNeededChangeNothing) {
  SourceDescriptor few = Nexmark({{"table", "bid"}, {"events.num", "20000"}});
  const Bids all = ReadBids({{"events.num", "20000"}});
  for (const char* generate : {"needed", "all"}) {
    few.options["generate"] = generate;
    few.needed_columns = {2, 4};
    size_t at = 0;
    ReadSource(few, 1, [&](const RecordBatch& batch, uint32_t, uint32_t) {
      for (int32_t row = 0; row < batch.row_count(); ++row, ++at) {
        ASSERT_EQ(batch.Values<int64_t>(0)[row], all.price[at]);
        ASSERT_EQ(batch.Values<StringValue>(1)[row].view(), all.url[at]);
      }
    });
    EXPECT_EQ(at, all.price.size());
  }
  for (const char* table : {"person", "auction"}) {
    OptionMap options{{"table", table}, {"events.num", "20000"}};
    const Rows needed = ReadSource(Nexmark(options)).rows;
    options["generate"] = "all";
    EXPECT_EQ(ReadSource(Nexmark(options)).rows, needed);
  }
}

TEST(Nexmark, TheEnvelopeHoldsTheTables) {
  const OptionMap options{{"events.num", "5000"}};
  const Rows envelopes = ReadSource(Nexmark(options)).rows;
  const char* tables[] = {"person", "auction", "bid"};
  for (int kind = 0; kind < 3; ++kind) {
    OptionMap of_table = options;
    of_table["table"] = tables[kind];
    size_t next = 0;
    const Rows rows = ReadSource(Nexmark(of_table)).rows;
    for (const std::string& envelope : envelopes) {
      if (!envelope.starts_with(fmt::format("{{\"event_type\":{},", kind))) continue;
      ASSERT_LT(next, rows.size());
      EXPECT_NE(envelope.find(fmt::format("\"{}\":{}", tables[kind], rows[next])),
                std::string::npos)
          << envelope << "\n"
          << rows[next];
      EXPECT_EQ(envelope.find(fmt::format("\"{}\":null", tables[kind])), std::string::npos);
      ++next;
    }
    EXPECT_EQ(next, rows.size());
  }
}

TEST(Nexmark, TheRecordSaysWhatTheSourceIs) {
  const SourceRecord& source = FindConnectorRecord(StdConnectorRecords(), "nexmark")->source;
  EXPECT_FALSE(source.is_bounded({}));
  EXPECT_TRUE(source.is_bounded({{"events.num", "1"}}));
  const auto event_time = source.default_event_time({});
  EXPECT_EQ(event_time->column, "dateTime");
  EXPECT_EQ(event_time->out_of_order_micros, 4'000'000);
  EXPECT_EQ(ReadSource(Nexmark({{"table", "bid"}, {"events.num", "x"}})).error,
            "nexmark: option `events.num`: expected a whole number, found `x`");
}

// Polls until `rows` rows are there, letting the clock jump as the reader asks.
TEST(Nexmark, ProgressGoesFromNothingToTheEnd) {
  // Whole blocks, a block that is cut off, and fewer than one.
  for (const char* events : {"128000", "129000", "131234", "1999", "1"}) {
    const SourceRows got = ReadSource(Nexmark({{"table", "bid"}, {"events.num", events}}), 3);
    EXPECT_EQ(got.bytes_total, Stripes::kItemBytes * std::atoll(events)) << events;
    EXPECT_EQ(got.bytes_read, got.bytes_total) << events;
  }
}

TEST(StripedSplits, PassOverWhatIsHeld) {
  StripedSplits splits({3, 10, 50});  // blocks 0 and 3, 1 and 4, 2
  for (const char* payload : {"0", "1", "2"}) ASSERT_TRUE(splits.Add({payload, payload}));
  EXPECT_EQ(splits.Next(), 0u);
  splits.SetHeld(0, true);
  EXPECT_EQ(splits.Next(), 1u);
  EXPECT_FALSE(splits.Take(1, 10));
  EXPECT_EQ(splits.Next(), 2u);
  EXPECT_TRUE(splits.Take(2, 10));
  EXPECT_EQ(splits.Next(), 1u);
  splits.SetHeld(0, false);
  EXPECT_EQ(splits.Next(), 0u);
}

TEST(RateLimit, HoldsSourcesBack) {
  for (SourceDescriptor source : {Nexmark({{"table", "bid"}, {"rows_per_second", "500"}}),
                                  MakeSource("datagen", {{"rows_per_second", "500"}},
                                             Schema({{"x", DataType(TypeKind::kInt, false)}}))}) {
    TestClock clock;
    SourceContext context;
    context.descriptor = &source;
    context.parallelism = 2;
    context.clock = &clock;
    const ConnectorRuntime* connector = FindConnector(StdConnectors(), source.connector);
    const auto reader = connector->make_reader(context);
    ASSERT_TRUE(reader);
    const auto splits = (*connector->make_enumerator(source))->Enumerate(2);
    for (size_t i = 0; i < splits->size(); i += 2) ASSERT_TRUE((*reader)->AddSplit((*splits)[i]));
    RecordBatch batch(source.BatchSchema(), RecordBatch::kRowsMax, false, false, nullptr);
    int64_t rows = 0;
    const int64_t start = clock.nanos;
    for (int polls = 0; rows < 2'500 && polls < 100'000; ++polls) {
      batch.Clear();
      const Result<SourcePoll> poll = (*reader)->Poll(batch);
      ASSERT_TRUE(poll);
      rows += batch.row_count();
      if (poll->status == SourceStatus::kNothingYet) {
        ASSERT_GT(poll->retry_after_micros, 0);
        clock.nanos += poll->retry_after_micros * 1'000;
      }
    }
    // Half of 500 rows a second, as one of two subtasks.
    EXPECT_NEAR(static_cast<double>(clock.nanos - start) / 1e9, 10.0, 0.1) << source.connector;
  }
}

class Datagen : public ::testing::Test {
 protected:
  static SourceRows Read(OptionMap options, Schema schema, uint32_t parallelism = 1) {
    return ReadSource(MakeSource("datagen", std::move(options), std::move(schema)), parallelism);
  }
};

TEST_F(Datagen, SequencesCountAndBeginAgain) {
  const SourceRows got = Read({{"rows", "5"},
                               {"fields.n.kind", "sequence"},
                               {"fields.m.kind", "sequence"},
                               {"fields.m.min", "-1"},
                               {"fields.m.max", "1"},
                               {"fields.t.kind", "sequence"},
                               {"fields.t.min", "2001-01-01 00:00:00"},
                               {"fields.s.kind", "sequence"},
                               {"fields.s.values.0", "x"},
                               {"fields.s.values.1", "y"}},
                              Schema({{"n", DataType(TypeKind::kBigint, false)},
                                      {"m", DataType(TypeKind::kInt, false)},
                                      {"t", DataType::Timestamp(3, false)},
                                      {"s", DataType::String().NotNull()}}));
  EXPECT_EQ(got.rows, (Rows{R"({"n":0,"m":-1,"t":"2001-01-01 00:00:00.000","s":"x"})",
                            R"({"n":1,"m":0,"t":"2001-01-01 00:00:00.001","s":"y"})",
                            R"({"n":2,"m":1,"t":"2001-01-01 00:00:00.002","s":"x"})",
                            R"({"n":3,"m":-1,"t":"2001-01-01 00:00:00.003","s":"y"})",
                            R"({"n":4,"m":0,"t":"2001-01-01 00:00:00.004","s":"x"})"}));
}

TEST_F(Datagen, RowsAreTheSameWhateverTheParallelismAndTheColumnsNeeded) {
  const Schema schema(
      {{"n", DataType(TypeKind::kBigint, false)}, {"d", DataType(TypeKind::kDouble)}});
  const OptionMap options{{"rows", "25000"}, {"seed", "7"}, {"fields.n.kind", "sequence"}};
  const SourceRows one = Read(options, schema);
  EXPECT_EQ(one.rows.size(), 25'000u);
  EXPECT_EQ(Read(options, schema, 3).Sorted(), one.Sorted());
  OptionMap other = options;
  other["seed"] = "8";
  EXPECT_NE(Read(other, schema).rows, one.rows);
}

TEST_F(Datagen, AllTypesWithinTheirRanges) {
  const Schema schema({{"bool", DataType(TypeKind::kBoolean)},
                       {"tiny", DataType(TypeKind::kTinyint)},
                       {"big", DataType(TypeKind::kBigint)},
                       {"f", DataType(TypeKind::kFloat)},
                       {"d", DataType(TypeKind::kDouble)},
                       {"dec", DataType::Decimal(10, 2)},
                       {"wide", DataType::Decimal(38, 5)},
                       {"s", DataType::String()},
                       {"vc", DataType::String(5)},
                       {"bytes", DataType(TypeKind::kBytes)},
                       {"date", DataType(TypeKind::kDate)},
                       {"ts", DataType::Timestamp(3)},
                       {"ltz", DataType::TimestampLtz(0)},
                       {"months", DataType(TypeKind::kIntervalMonths)},
                       {"micros", DataType(TypeKind::kIntervalMicros)},
                       {"list", DataType::Array(DataType(TypeKind::kInt))},
                       {"row", DataType::Row({"x"}, {DataType::String()})}});
  const OptionMap options{{"rows", "2000"},
                          {"fields.tiny.min", "-5"},
                          {"fields.tiny.max", "5"},
                          {"fields.d.min", "10"},
                          {"fields.d.max", "20"},
                          {"fields.dec.min", "1.50"},
                          {"fields.dec.max", "2"},
                          {"fields.s.length", "4"},
                          {"fields.list.length", "2"},
                          {"fields.bytes.length", "3"},
                          {"fields.date.min", "2020-01-01"},
                          {"fields.date.max", "2020-01-03"},
                          {"fields.big.null_rate", "0.25"}};
  const SourceDescriptor source = MakeSource("datagen", options, schema);
  std::map<int64_t, int> tiny;
  std::set<std::string> dates;
  int nulls = 0;
  const SourceRows got = ReadSource(source, 1, [&](const RecordBatch& batch, uint32_t, uint32_t) {
    for (int32_t row = 0; row < batch.row_count(); ++row) {
      const auto text = [&](size_t column) {
        std::string out;
        AppendText(out, batch, schema[column].type, column, row);
        return out;
      };
      ++tiny[batch.Values<int8_t>(1)[row]];
      nulls += batch.IsNull(2, row);
      const double d = batch.Values<double>(4)[row];
      EXPECT_TRUE(d >= 10 && d < 20);
      const int64_t dec = batch.Values<int64_t>(5)[row];
      EXPECT_TRUE(dec >= 150 && dec <= 200);
      EXPECT_EQ(text(7).size(), 4u);
      EXPECT_EQ(text(8).size(), 5u);
      EXPECT_EQ(batch.Values<StringValue>(9)[row].size, 3u);
      dates.insert(text(10));
      EXPECT_EQ(batch.Values<int64_t>(12)[row] % 1'000'000, 0);
    }
  });
  ASSERT_EQ(got.error, "");
  EXPECT_EQ(tiny.size(), 11u);
  EXPECT_EQ(tiny.begin()->first, -5);
  EXPECT_EQ(dates, (std::set<std::string>{"2020-01-01", "2020-01-02", "2020-01-03"}));
  EXPECT_NEAR(nulls / 2000.0, 0.25, 0.03);
}

TEST_F(Datagen, WrongOptionsAreNamed) {
  const Schema schema({{"n", DataType(TypeKind::kInt, false)}, {"s", DataType::String()}});
  const std::pair<OptionMap, const char*> cases[] = {
      {{{"fields.x.kind", "random"}},
       "source `s`: option `fields.x.kind`: the schema has no column `x`"},
      {{{"fields.n.null_rate", "0.5"}},
       "source `s`: option `fields.n.null_rate`: the column is NOT NULL"},
      {{{"fields.s.null_rate", "2"}},
       "source `s`: option `fields.s.null_rate`: expected a number from 0 to 1"},
      {{{"fields.n.min", "abc"}}, "source `s`: option `fields.n.min`: `abc` is no INT"},
      {{{"fields.n.min", "5"}, {"fields.n.max", "4"}},
       "source `s`: option `fields.n.min`: min must not be above max, and both must be finite"},
      {{{"fields.s.kind", "sequence"}},
       "source `s`: option `fields.s.kind`: no sequence of STRING"},
      {{{"fields.s.min", "a"}}, "source `s`: option `fields.s.min`: STRING has no range"},
      {{{"fields.n.length", "3"}},
       "source `s`: option `fields.n.length`: only STRING, BYTES and ARRAY have a length"},
      {{{"fields.n.values.0", "x"}}, "source `s`: option `fields.n.values`: `x` is no INT"},
      {{{"fields.n.kind", "other"}},
       "source `s`: option `fields.n.kind`: expected one of random, sequence, found `other`"},
      {{{"rows", "0"}}, "source `s`: option `rows`: expected at least 1, found `0`"},
      {{{"row", "1"}}, "source `s`: unknown option `row`"},
  };
  for (const auto& [options, expected] : cases) EXPECT_EQ(Read(options, schema).error, expected);
}

TEST_F(Datagen, IsUnboundedWithoutRows) {
  const SourceRecord& source = FindConnectorRecord(StdConnectorRecords(), "datagen")->source;
  EXPECT_FALSE(source.is_bounded({}));
  EXPECT_TRUE(source.is_bounded({{"rows", "1"}}));
}

}  // namespace
}  // namespace flinkc
