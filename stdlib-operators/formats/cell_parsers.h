// One small parser a column type, chosen once for each column: a decoder's loop is instantiated for
// each of them, so that no type is looked at in a row. All take padded text (value_parser.h).
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "runtime/abi/row_error.h"
#include "runtime/abi/string_value.h"
#include "runtime/base/arena.h"
#include "runtime/base/check.h"
#include "runtime/data/data_type.h"
#include "stdlib-operators/formats/value_parser.h"

namespace flinkc {

// Whether all bytes are UTF-8.
bool IsUtf8(std::string_view text);

// What the parsers of one batch share.
class CellContext {
 public:
  explicit CellContext(MemoryPool* memory) : memory_(memory) {}

  // A new batch begins.
  void Reset() {
    scratch_.reset();
    text_is_utf8 = true;
    points_into_block = false;
  }
  // Bytes that live as long as the batch, for values that do not stand in the block as they are.
  Arena& scratch() {
    if (scratch_ == nullptr) scratch_ = std::make_shared<Arena>(memory_);
    return *scratch_;
  }
  // The scratch arena, if any; the batch must keep it alive.
  const std::shared_ptr<Arena>& scratch_in_use() const { return scratch_; }
  // Padded room for `bytes` bytes.
  char* AllocatePadded(size_t bytes) { return scratch().Allocate(bytes + kParsePadding); }

  bool text_is_utf8 = true;        // the block's text was checked as a whole
  bool points_into_block = false;  // a value of the batch is a view of it
  DateCache date_cache;

 private:
  MemoryPool* const memory_;
  std::shared_ptr<Arena> scratch_;
};

template <typename T>
struct IntegerParser {
  using Value = T;
  RowStatus operator()(CellContext&, const char* begin, const char* end, T* out) const {
    return ParseInteger(begin, end, out);
  }
};

struct BooleanParser {
  using Value = uint8_t;
  RowStatus operator()(CellContext&, const char* begin, const char* end, uint8_t* out) const {
    return ParseBoolean(begin, end, out);
  }
};

struct DoubleParser {
  using Value = double;
  RowStatus operator()(CellContext&, const char* begin, const char* end, double* out) const {
    return ParseDouble(begin, end, out);
  }
};

struct FloatParser {
  using Value = float;
  RowStatus operator()(CellContext&, const char* begin, const char* end, float* out) const {
    return ParseFloat(begin, end, out);
  }
};

// T: int64_t up to 18 digits, else __int128.
template <typename T>
struct DecimalParser {
  using Value = T;
  int precision;
  int scale;
  RowStatus operator()(CellContext&, const char* begin, const char* end, T* out) const {
    __int128 unscaled = 0;
    const RowStatus status = ParseDecimal(begin, end, precision, scale, &unscaled);
    // A column of 16-byte values is aligned to 8 bytes only.
    const T value = static_cast<T>(unscaled);
    std::memcpy(out, &value, sizeof(T));
    return status;
  }
};

struct DateParser {
  using Value = int32_t;
  RowStatus operator()(CellContext&, const char* begin, const char* end, int32_t* out) const {
    return ParseDate(begin, end, out);
  }
};

struct TimestampParser {
  using Value = int64_t;
  TimestampSeparator separator;
  int precision;
  bool with_zone;
  RowStatus operator()(CellContext& context, const char* begin, const char* end,
                       int64_t* out) const {
    return ParseTimestamp(begin, end, separator, precision, with_zone, &context.date_cache, out);
  }
};

struct EpochMillisParser {
  using Value = int64_t;
  int precision;
  RowStatus operator()(CellContext&, const char* begin, const char* end, int64_t* out) const {
    return ParseEpochMillis(begin, end, precision, out);
  }
};

struct IntervalMonthsParser {
  using Value = int32_t;
  RowStatus operator()(CellContext&, const char* begin, const char* end, int32_t* out) const {
    return ParseIntervalMonths(begin, end, out);
  }
};

struct IntervalMicrosParser {
  using Value = int64_t;
  RowStatus operator()(CellContext&, const char* begin, const char* end, int64_t* out) const {
    return ParseIntervalMicros(begin, end, out);
  }
};

struct StringParser {
  using Value = StringValue;
  uint32_t length_max;  // characters; 0: any
  RowStatus operator()(CellContext& context, const char* begin, const char* end,
                       StringValue* out) const {
    const auto size = static_cast<uint32_t>(end - begin);
    if (!context.text_is_utf8 && !IsUtf8({begin, size})) [[unlikely]] {
      return RowStatus::kInvalidUtf8;
    }
    if (length_max != 0 && size > length_max && CountCharacters({begin, size}) > length_max) {
      return RowStatus::kValueTooLong;
    }
    context.points_into_block |= size > StringValue::kInlineBytes;
    *out = MakePaddedStringValue(begin, size);
    return RowStatus::kOk;
  }
};

// BYTES stand in text as base64.
struct BytesParser {
  using Value = StringValue;
  RowStatus operator()(CellContext& context, const char* begin, const char* end,
                       StringValue* out) const {
    const std::string_view text(begin, static_cast<size_t>(end - begin));
    char* bytes = context.AllocatePadded(text.size() / 4 * 3);
    uint32_t size = 0;
    if (!DecodeBase64(text, bytes, &size)) return RowStatus::kInvalidCast;
    *out = MakePaddedStringValue(bytes, size);
    return RowStatus::kOk;
  }
};

enum class TimestampText : uint8_t { kSql, kIso, kEither, kEpochMillis };

// Calls `visitor(parser)` with the parser for a type that is not nested.
template <typename Visitor>
auto VisitCellParser(const DataType& type, TimestampText timestamps, Visitor&& visitor) {
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return visitor(BooleanParser{});
    case TypeKind::kTinyint:
      return visitor(IntegerParser<int8_t>{});
    case TypeKind::kSmallint:
      return visitor(IntegerParser<int16_t>{});
    case TypeKind::kInt:
      return visitor(IntegerParser<int32_t>{});
    case TypeKind::kBigint:
      return visitor(IntegerParser<int64_t>{});
    case TypeKind::kFloat:
      return visitor(FloatParser{});
    case TypeKind::kDouble:
      return visitor(DoubleParser{});
    case TypeKind::kDecimal:
      if (type.precision() <= 18) {
        return visitor(DecimalParser<int64_t>{type.precision(), type.scale()});
      }
      return visitor(DecimalParser<__int128>{type.precision(), type.scale()});
    case TypeKind::kDate:
      return visitor(DateParser{});
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: {
      if (timestamps == TimestampText::kEpochMillis) {
        return visitor(EpochMillisParser{type.precision()});
      }
      const TimestampSeparator separator =
          timestamps == TimestampText::kSql   ? TimestampSeparator::kBlank
          : timestamps == TimestampText::kIso ? TimestampSeparator::kT
                                              : TimestampSeparator::kEither;
      return visitor(
          TimestampParser{separator, type.precision(), type.kind() == TypeKind::kTimestampLtz});
    }
    case TypeKind::kIntervalMonths:
      return visitor(IntervalMonthsParser{});
    case TypeKind::kIntervalMicros:
      return visitor(IntervalMicrosParser{});
    case TypeKind::kString:
      return visitor(StringParser{static_cast<uint32_t>(type.length_max())});
    case TypeKind::kBytes:
      return visitor(BytesParser{});
    case TypeKind::kNull:
    case TypeKind::kTime:
    case TypeKind::kMap:
    case TypeKind::kArray:
    case TypeKind::kRow:
      break;
  }
  CHECK(false);  // FormatRecord::refuses_type keeps these out
}

}  // namespace flinkc
