#include "stdlib-operators/functions/native/symbols.h"

#include "stdlib-operators/functions/native/array.h"
#include "stdlib-operators/functions/native/date_pattern.h"
#include "stdlib-operators/functions/native/digest.h"
#include "stdlib-operators/functions/native/json.h"
#include "stdlib-operators/functions/native/map.h"
#include "stdlib-operators/functions/native/math.h"
#include "stdlib-operators/functions/native/random.h"
#include "stdlib-operators/functions/native/regex.h"
#include "stdlib-operators/functions/native/text_format.h"
#include "stdlib-operators/functions/native/time_zone.h"
#include "stdlib-operators/functions/native/unicode.h"

namespace flinkc {

std::vector<NativeSymbol> NativeFunctionSymbols() {
  std::vector<NativeSymbol> symbols;
#define FLINKC_LIST_FUNCTION(result, name, parameters) \
  symbols.push_back(FLINKC_NATIVE_SYMBOL(name));
  FLINKC_MATH_FUNCTIONS(FLINKC_LIST_FUNCTION)
  FLINKC_REGEX_FUNCTIONS(FLINKC_LIST_FUNCTION)
  FLINKC_TIME_ZONE_FUNCTIONS(FLINKC_LIST_FUNCTION)
  FLINKC_DATE_PATTERN_FUNCTIONS(FLINKC_LIST_FUNCTION)
  FLINKC_DIGEST_FUNCTIONS(FLINKC_LIST_FUNCTION)
  FLINKC_UNICODE_FUNCTIONS(FLINKC_LIST_FUNCTION)
  FLINKC_ARRAY_FUNCTIONS(FLINKC_LIST_FUNCTION)
  FLINKC_MAP_FUNCTIONS(FLINKC_LIST_FUNCTION)
  FLINKC_JSON_FUNCTIONS(FLINKC_LIST_FUNCTION)
  FLINKC_RANDOM_FUNCTIONS(FLINKC_LIST_FUNCTION)
  FLINKC_TEXT_FORMAT_FUNCTIONS(FLINKC_LIST_FUNCTION)
  return symbols;
}

}  // namespace flinkc
