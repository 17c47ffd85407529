#include "stdlib-operators/formats/text_encoder.h"

namespace flinkc {

void TextEncoder::Encode(const RecordBatch& batch, int32_t row, std::string& out) {
  if (!batch.IsNull(0, row)) out += batch.Values<StringValue>(0)[row].view();
  out += '\n';
}

}  // namespace flinkc
