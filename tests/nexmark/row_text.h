// A row as the `json` format writes it, built by hand, column by column.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace flinkc {

class RowText {
 public:
  RowText& Number(std::string_view column, int64_t value);
  // Letters and marks that JSON needs no escapes for.
  RowText& Text(std::string_view column, std::string_view value);
  RowText& Null(std::string_view column);
  // TIMESTAMP(3), of milliseconds since 1970.
  RowText& Time(std::string_view column, int64_t millis);
  // A DECIMAL with three digits behind the point, not negative.
  RowText& Thousandths(std::string_view column, int64_t value);

  std::string Take() { return std::move(text_) + "}"; }

 private:
  void Name(std::string_view column);

  std::string text_;
};

// `yyyy-MM-dd`, `HH:mm` and the hour of milliseconds since 1970.
std::string DayText(int64_t millis);
std::string MinuteText(int64_t millis);
int HourOf(int64_t millis);

}  // namespace flinkc
