#include "stdlib-operators/connectors/nexmark_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "runtime/abi/nested_value.h"
#include "runtime/base/check.h"
#include "runtime/connector/option_values.h"
#include "stdlib-operators/connectors/nexmark_generator.h"
#include "stdlib-operators/connectors/striped_splits.h"

namespace flinkc {

namespace {

enum class Table : uint8_t { kPerson, kAuction, kBid, kEnvelope };

constexpr std::string_view kTables[] = {"person", "auction", "bid"};
constexpr std::string_view kGenerate[] = {"needed", "all"};
constexpr OptionRecord kOptions[] = {
    {"table", OptionType::kChoice,
     "only the rows of this table; absent: all events, as the envelope with event_type", "",
     kTables},
    {"events.num", OptionType::kInteger, "events of all kinds; 0: without end", "0", {}, 0},
    {"seed", OptionType::kInteger, "another seed gives other events", "0"},
    {"base_time", OptionType::kTimestamp, "the event time before the first event",
     "2015-07-15 00:00:00"},
    {"first-event.rate",
     OptionType::kInteger,
     "events in a second of event time",
     "10000",
     {},
     1,
     1'000'000'000},
    {"rows_per_second",
     OptionType::kInteger,
     "rows in a second of processing time; absent: as fast as it goes",
     "",
     {},
     1},
    {"generate", OptionType::kChoice,
     "needed: only the columns that the job uses are drawn; all: every field of persons, auctions "
     "and bids, whatever the table, for fair measurements",
     "needed", kGenerate},
    {"person.proportion", OptionType::kInteger, "persons in a cycle of events", "1", {}, 1, 1000},
    {"auction.proportion", OptionType::kInteger, "auctions in a cycle of events", "3", {}, 1, 1000},
    {"bid.proportion", OptionType::kInteger, "bids in a cycle of events", "46", {}, 0, 1000},
    {"person.avg-size",
     OptionType::kInteger,
     "bytes of a person, filled up by `extra`",
     "200",
     {},
     0,
     1000},
    {"auction.avg-size",
     OptionType::kInteger,
     "bytes of an auction, filled up by `extra`",
     "500",
     {},
     0,
     1000},
    {"bid.avg-size",
     OptionType::kInteger,
     "bytes of a bid, filled up by `extra`",
     "100",
     {},
     0,
     1000},
    {"bid.hot-ratio.auctions",
     OptionType::kInteger,
     "of so many bids all but one go to a hot auction",
     "2",
     {},
     1,
     1'000'000},
    {"bid.hot-ratio.bidders",
     OptionType::kInteger,
     "of so many bids all but one come from a hot bidder",
     "4",
     {},
     1,
     1'000'000},
    {"auction.hot-ratio.sellers",
     OptionType::kInteger,
     "of so many auctions all but one are a hot seller's",
     "4",
     {},
     1,
     1'000'000},
    {"bidder.double-offset", OptionType::kBoolean,
     "add the first person's id twice to a bidder, as Flink's generator does since 2021", "true"},
};

DataType Integer() { return DataType(TypeKind::kBigint, false); }
DataType Text() { return DataType::String().NotNull(); }
DataType Time() { return DataType::Timestamp(3, false); }

Schema TableSchema(Table table) {
  switch (table) {
    case Table::kPerson:
      return Schema({{"id", Integer()},
                     {"name", Text()},
                     {"emailAddress", Text()},
                     {"creditCard", Text()},
                     {"city", Text()},
                     {"state", Text()},
                     {"dateTime", Time()},
                     {"extra", Text()}});
    case Table::kAuction:
      return Schema({{"id", Integer()},
                     {"itemName", Text()},
                     {"description", Text()},
                     {"initialBid", Integer()},
                     {"reserve", Integer()},
                     {"dateTime", Time()},
                     {"expires", Time()},
                     {"seller", Integer()},
                     {"category", Integer()},
                     {"extra", Text()}});
    case Table::kBid:
      return Schema({{"auction", Integer()},
                     {"bidder", Integer()},
                     {"price", Integer()},
                     {"channel", Text()},
                     {"url", Text()},
                     {"dateTime", Time()},
                     {"extra", Text()}});
    case Table::kEnvelope:
      break;
  }
  Schema schema({{"event_type", DataType(TypeKind::kInt, false)}});
  constexpr std::pair<const char*, Table> kParts[] = {
      {"person", Table::kPerson}, {"auction", Table::kAuction}, {"bid", Table::kBid}};
  for (const auto& [name, part] : kParts) {
    std::vector<std::string> names;
    std::vector<DataType> types;
    for (const Field& field : TableSchema(part)) {
      names.push_back(field.name);
      types.push_back(field.type);
    }
    schema.Add({name, DataType::Row(std::move(names), std::move(types))});
  }
  schema.Add({"dateTime", Time()});
  return schema;
}

Table TableOf(const OptionMap& options) {
  const std::string table = OptionReader(kOptions, options).Text("table");
  if (table == "person") return Table::kPerson;
  if (table == "auction") return Table::kAuction;
  if (table == "bid") return Table::kBid;
  return Table::kEnvelope;
}

Schema FixedSchema(const OptionMap& options) { return TableSchema(TableOf(options)); }

bool IsBounded(const OptionMap& options) {
  const Result<int64_t> events = OptionReader(kOptions, options).Integer("events.num");
  return events && *events > 0;
}

std::optional<DefaultEventTime> EventTime(const OptionMap&) {
  return DefaultEventTime{"dateTime", 4'000'000};
}

Result<NexmarkConfig> MakeConfig(const OptionMap& options) {
  const OptionProblems problems = CheckOptions(kOptions, options);
  if (!problems.empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "nexmark: " + problems[0].message);
  }
  const OptionReader reader(kOptions, options);
  NexmarkConfig config;
  ASSIGN_OR_RETURN(const int64_t seed, reader.Integer("seed"));
  config.seed = static_cast<uint64_t>(seed);
  ASSIGN_OR_RETURN(config.events, reader.Integer("events.num"));
  ASSIGN_OR_RETURN(const int64_t base_time, reader.TimestampMicros("base_time"));
  config.base_time_millis = base_time / 1'000;
  ASSIGN_OR_RETURN(const int64_t rate, reader.Integer("first-event.rate"));
  config.events_per_second = static_cast<double>(rate);
  ASSIGN_OR_RETURN(config.person_proportion, reader.Integer("person.proportion"));
  ASSIGN_OR_RETURN(config.auction_proportion, reader.Integer("auction.proportion"));
  ASSIGN_OR_RETURN(config.bid_proportion, reader.Integer("bid.proportion"));
  ASSIGN_OR_RETURN(config.person_size, reader.Integer("person.avg-size"));
  ASSIGN_OR_RETURN(config.auction_size, reader.Integer("auction.avg-size"));
  ASSIGN_OR_RETURN(config.bid_size, reader.Integer("bid.avg-size"));
  ASSIGN_OR_RETURN(config.hot_ratio_auctions, reader.Integer("bid.hot-ratio.auctions"));
  ASSIGN_OR_RETURN(config.hot_ratio_bidders, reader.Integer("bid.hot-ratio.bidders"));
  ASSIGN_OR_RETURN(config.hot_ratio_sellers, reader.Integer("auction.hot-ratio.sellers"));
  ASSIGN_OR_RETURN(config.bidder_double_offset, reader.Boolean("bidder.double-offset"));
  return config;
}

// The column pointers of a table in the order of its schema.
struct TableColumns {
  NexmarkPersonColumns person;
  NexmarkAuctionColumns auction;
  NexmarkBidColumns bid;

  std::vector<void**> Slots(Table table) {
    const auto slot = [](auto& pointer) { return reinterpret_cast<void**>(&pointer); };
    switch (table) {
      case Table::kPerson:
        return {slot(person.id),          slot(person.name), slot(person.email_address),
                slot(person.credit_card), slot(person.city), slot(person.state),
                slot(person.date_time),   slot(person.extra)};
      case Table::kAuction:
        return {slot(auction.id),          slot(auction.item_name), slot(auction.description),
                slot(auction.initial_bid), slot(auction.reserve),   slot(auction.date_time),
                slot(auction.expires),     slot(auction.seller),    slot(auction.category),
                slot(auction.extra)};
      case Table::kBid:
        return {slot(bid.auction), slot(bid.bidder),    slot(bid.price), slot(bid.channel),
                slot(bid.url),     slot(bid.date_time), slot(bid.extra)};
      case Table::kEnvelope:
        break;
    }
    return {};
  }
};

Stripes StripesOf(const NexmarkConfig& config) {
  return {kNexmarkSplits, kNexmarkBlockEvents, config.events};
}

class NexmarkReader final : public StripedReader {
 public:
  NexmarkReader(const SourceContext& context, const NexmarkConfig& config, Table table,
                bool generate_all, double rows_per_second)
      : StripedReader(context, "nexmark", StripesOf(config), rows_per_second),
        generator_(config),
        table_(table),
        generate_all_(generate_all),
        needed_(context.descriptor->needed_columns),
        memory_(context.memory) {
    const bool envelope = table_ == Table::kEnvelope;
    for (const Table part : {Table::kPerson, Table::kAuction, Table::kBid}) {
      const uint32_t column = static_cast<uint32_t>(part) + 1;
      const bool needed = envelope && std::count(needed_.begin(), needed_.end(), column) > 0;
      if (generate_all_ || needed) UseScratch(part);
    }
    scratch_text_.resize(size_t{kNexmarkBlockEvents} * NexmarkGenerator::kPersonTextBytes);
  }

 private:
  void Fill(int64_t first, int32_t count, RecordBatch& batch) override {
    if (table_ == Table::kEnvelope) return GenerateEnvelopes(first, count, batch);
    TableColumns columns = scratch_columns_;
    const std::vector<void**> slots = columns.Slots(table_);
    for (size_t i = 0; i < needed_.size(); ++i) {
      *slots[needed_[i]] = batch.layout().columns[i].values;
    }
    batch.set_row_count(GenerateTables(first, count, columns, batch));
    batch.KeepAlive(generator_.arena());
  }

  // The table is drawn into columns of our own.
  void UseScratch(Table table) {
    const std::vector<void**> slots = scratch_columns_.Slots(table);
    const Schema schema = TableSchema(table);
    for (size_t i = 0; i < slots.size(); ++i) {
      const size_t width = ByteWidth(schema[i].type.physical());
      scratch_.push_back(
          std::make_unique<StringValue[]>(kNexmarkBlockEvents * width / sizeof(StringValue)));
      *slots[i] = scratch_.back().get();
    }
  }

  // Rows of table_. Of the other tables only what `columns` asks for.
  int32_t GenerateTables(int64_t first, int32_t count, const TableColumns& columns,
                         RecordBatch& batch) {
    int32_t rows[3] = {0, 0, 0};
    if (table_ == Table::kPerson || generate_all_) {
      char* text = nullptr;
      if (table_ == Table::kPerson) {
        auto arena = std::make_shared<Arena>(memory_);
        text = arena->Allocate(static_cast<size_t>(count) * NexmarkGenerator::kPersonTextBytes);
        batch.KeepAlive(std::move(arena));
      } else {
        text = scratch_text_.data();
      }
      rows[0] = generator_.GeneratePersons(first, count, columns.person, text);
    }
    if (table_ == Table::kAuction || generate_all_) {
      rows[1] = generator_.GenerateAuctions(first, count, columns.auction);
    }
    if (table_ == Table::kBid || generate_all_) {
      rows[2] = generator_.GenerateBids(first, count, columns.bid);
    }
    return rows[static_cast<size_t>(table_)];
  }

  void GenerateEnvelopes(int64_t first, int32_t count, RecordBatch& batch);

  // Constant after construction.
  const NexmarkGenerator generator_;
  const Table table_;
  const bool generate_all_;
  const std::vector<uint32_t> needed_;
  MemoryPool* const memory_;
  // Worker thread only.
  std::vector<std::unique_ptr<StringValue[]>> scratch_;
  TableColumns scratch_columns_;  // what is drawn but goes to no batch as a column
  std::vector<char> scratch_text_;
};

// A ROW of NOT NULL columns in its flat form.
StringValue FlattenRow(const Schema& schema, const std::vector<void**>& slots, int32_t row,
                       Arena& arena) {
  const auto fields = static_cast<uint32_t>(schema.size());
  constexpr uint32_t kSlotBytes = 16;
  const uint32_t slots_at =
      static_cast<uint32_t>(sizeof(NestedHeader)) + NestedValidityBytes(fields);
  uint32_t size = slots_at + fields * kSlotBytes;
  const auto text_of = [&](size_t i) { return static_cast<const StringValue*>(*slots[i])[row]; };
  for (size_t i = 0; i < fields; ++i) {
    if (schema[i].type.is_view()) size += text_of(i).size;
  }
  char* flat = arena.Allocate(size);
  const NestedHeader header{fields, kSlotBytes};
  const uint64_t validity = (uint64_t{1} << fields) - 1;
  std::memcpy(flat, &header, sizeof(header));
  std::memcpy(flat + sizeof(header), &validity, sizeof(validity));
  std::memset(flat + slots_at, 0, fields * kSlotBytes);
  uint32_t end = slots_at + fields * kSlotBytes;
  for (size_t i = 0; i < fields; ++i) {
    char* slot = flat + slots_at + i * kSlotBytes;
    if (!schema[i].type.is_view()) {
      std::memcpy(slot, static_cast<const int64_t*>(*slots[i]) + row, sizeof(int64_t));
      continue;
    }
    const StringValue text = text_of(i);
    const uint32_t range[2] = {end, text.size};
    std::memcpy(slot, range, sizeof(range));
    std::memcpy(flat + end, text.data(), text.size);
    end += text.size;
  }
  return MakeStringValue(flat, size);
}

void NexmarkReader::GenerateEnvelopes(int64_t first, int32_t count, RecordBatch& batch) {
  // Position in the batch of each column of the envelope, or none.
  constexpr Table kParts[] = {Table::kPerson, Table::kAuction, Table::kBid};
  std::optional<size_t> at[5];
  for (size_t i = 0; i < needed_.size(); ++i) at[needed_[i]] = i;
  auto arena = std::make_shared<Arena>(memory_);
  TableColumns columns = scratch_columns_;
  for (size_t part = 0; part < 3; ++part) {
    if (!generate_all_ && !at[part + 1]) continue;
    if (part == 0) generator_.GeneratePersons(first, count, columns.person, scratch_text_.data());
    if (part == 1) generator_.GenerateAuctions(first, count, columns.auction);
    if (part == 2) generator_.GenerateBids(first, count, columns.bid);
  }
  int32_t next_row[3] = {0, 0, 0};
  for (size_t part = 0; part < 3; ++part) {
    if (!at[part + 1]) continue;
    const std::vector<void**> slots = columns.Slots(kParts[part]);
    const Schema schema = TableSchema(kParts[part]);
    for (int32_t row = 0; row < count; ++row) {
      const auto kind = generator_.KindOf(NexmarkGenerator::EventId(first + row));
      if (static_cast<size_t>(kind) != part) {
        batch.SetNull(*at[part + 1], row);
        continue;
      }
      batch.SetValid(*at[part + 1], row);
      batch.Values<StringValue>(*at[part + 1])[row] =
          FlattenRow(schema, slots, next_row[part]++, *arena);
    }
  }
  for (int32_t row = 0; row < count; ++row) {
    const int64_t id = NexmarkGenerator::EventId(first + row);
    if (at[0]) batch.Values<int32_t>(*at[0])[row] = static_cast<int32_t>(generator_.KindOf(id));
    if (at[4]) batch.Values<int64_t>(*at[4])[row] = generator_.DateTimeMicros(id);
  }
  batch.set_row_count(count);
  batch.KeepAlive(std::move(arena));
}

Result<std::unique_ptr<SplitEnumerator>> MakeEnumerator(const SourceDescriptor& source) {
  ASSIGN_OR_RETURN(const NexmarkConfig config, MakeConfig(source.options));
  return std::make_unique<StripedEnumerator>(StripesOf(config));
}

Result<std::unique_ptr<SourceReader>> MakeReader(SourceContext context) {
  const OptionMap& options = context.descriptor->options;
  ASSIGN_OR_RETURN(const NexmarkConfig config, MakeConfig(options));
  const OptionReader reader(kOptions, options);
  const Table table = TableOf(options);
  if (context.descriptor->schema != TableSchema(table)) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("nexmark: the columns of this table are {}", TableSchema(table).ToString()));
  }
  double rate = 0;
  if (reader.Has("rows_per_second")) {
    ASSIGN_OR_RETURN(rate, reader.Number("rows_per_second"));
  }
  return std::make_unique<NexmarkReader>(context, config, table, reader.Text("generate") == "all",
                                         rate);
}

}  // namespace

ConnectorRecord NexmarkRecord() {
  ConnectorRecord record{"nexmark", "events of the NEXMark benchmark: persons, auctions and bids"};
  record.source.declared = true;
  record.source.options = kOptions;
  record.source.is_bounded = IsBounded;
  record.source.fixed_schema = FixedSchema;
  record.source.default_event_time = EventTime;
  return record;
}

ConnectorRuntime NexmarkRuntime() {
  ConnectorRuntime runtime;
  runtime.name = "nexmark";
  runtime.make_enumerator = MakeEnumerator;
  runtime.make_reader = MakeReader;
  return runtime;
}

}  // namespace flinkc
