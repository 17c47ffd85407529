// How a CSV file is written: the options of the csv format. Quotes mean something only at the
// beginning of a field; elsewhere they are text. A doubled quote within quotes is one quote. Lines
// end with \n or \r\n.
#pragma once

#include <span>
#include <string>

#include "runtime/base/result.h"
#include "runtime/connector/option_record.h"

namespace flinkc {

struct CsvDialect {
  bool header = true;
  char delimiter = ',';
  char quote = '"';
  // An unquoted field that is this text is NULL.
  std::string null_text;
  // Blanks around fields, and around the quotes of a quoted one, are dropped.
  bool trim = false;

  bool IsBlank(char c) const { return c == ' ' || (c == '\t' && delimiter != '\t'); }
};

std::span<const OptionRecord> CsvOptions();
Result<CsvDialect> MakeCsvDialect(const OptionMap& format_options);

}  // namespace flinkc
