#include "stdlib-operators/kernels/symbols.h"

#include "stdlib-operators/kernels/aggregate.h"
#include "stdlib-operators/kernels/aggregate_choice.h"
#include "stdlib-operators/kernels/aggregate_list.h"
#include "stdlib-operators/kernels/aggregate_moments.h"
#include "stdlib-operators/kernels/aggregate_over.h"
#include "stdlib-operators/kernels/aggregate_retract.h"
#include "stdlib-operators/kernels/aggregate_statistics.h"
#include "stdlib-operators/kernels/arithmetic.h"
#include "stdlib-operators/kernels/cast_number.h"
#include "stdlib-operators/kernels/cast_text.h"
#include "stdlib-operators/kernels/comparison.h"
#include "stdlib-operators/kernels/decimal.h"
#include "stdlib-operators/kernels/distinct.h"
#include "stdlib-operators/kernels/element.h"
#include "stdlib-operators/kernels/encoding.h"
#include "stdlib-operators/kernels/native/float_text.h"
#include "stdlib-operators/kernels/native/math.h"
#include "stdlib-operators/kernels/temporal.h"
#include "stdlib-operators/kernels/text.h"
#include "stdlib-operators/kernels/text_edit.h"
#include "stdlib-operators/kernels/text_search.h"

namespace flinkc {

#define FLINKC_LIST_KERNEL(result, name, parameters) symbols.push_back(FLINKC_NATIVE_SYMBOL(name));

std::vector<NativeSymbol> KernelSymbols() {
  std::vector<NativeSymbol> symbols;
  FLINKC_ARITHMETIC_KERNELS(FLINKC_LIST_KERNEL)
  FLINKC_COMPARISON_KERNELS(FLINKC_LIST_KERNEL)
  FLINKC_DECIMAL_KERNELS(FLINKC_LIST_KERNEL)
  FLINKC_CAST_NUMBER_KERNELS(FLINKC_LIST_KERNEL)
  FLINKC_CAST_TEXT_KERNELS(FLINKC_LIST_KERNEL)
  FLINKC_TEXT_KERNELS(FLINKC_LIST_KERNEL)
  FLINKC_TEXT_EDIT_KERNELS(FLINKC_LIST_KERNEL)
  FLINKC_ENCODING_KERNELS(FLINKC_LIST_KERNEL)
  FLINKC_TEXT_SEARCH_KERNELS(FLINKC_LIST_KERNEL)
  FLINKC_TEMPORAL_KERNELS(FLINKC_LIST_KERNEL)
  FLINKC_AGGREGATE_KERNELS(FLINKC_LIST_KERNEL)
  FLINKC_AGGREGATE_STATISTICS_KERNELS(FLINKC_LIST_KERNEL)
  FLINKC_AGGREGATE_CHOICE_KERNELS(FLINKC_LIST_KERNEL)
  FLINKC_AGGREGATE_LIST_KERNELS(FLINKC_LIST_KERNEL)
  FLINKC_AGGREGATE_MOMENTS_KERNELS(FLINKC_LIST_KERNEL)
  FLINKC_AGGREGATE_OVER_KERNELS(FLINKC_LIST_KERNEL)
  FLINKC_AGGREGATE_RETRACT_KERNELS(FLINKC_LIST_KERNEL)
  FLINKC_DISTINCT_KERNELS(FLINKC_LIST_KERNEL)
  FLINKC_ELEMENT_KERNELS(FLINKC_LIST_KERNEL)
  return symbols;
}

std::vector<NativeSymbol> KernelNativeSymbols() {
  std::vector<NativeSymbol> symbols;
  FLINKC_FLOAT_TEXT_FUNCTIONS(FLINKC_LIST_KERNEL)
  FLINKC_KERNEL_MATH_FUNCTIONS(FLINKC_LIST_KERNEL)
  return symbols;
}

}  // namespace flinkc
