// Text in other digits and alphabets: hexadecimal, base64, URLs.
#pragma once

#include "stdlib-operators/kernels/text_edit.h"

#define FLINKC_ENCODING_KERNELS(K)                                                               \
  K(int32_t, flinkc_chr,                                                                         \
    (flinkc::KernelContext * context, int64_t code, flinkc::StringValue* out))                   \
  K(int32_t, flinkc_bin, (flinkc::KernelContext * context, int64_t a, flinkc::StringValue* out)) \
  K(int32_t, flinkc_hex_i64,                                                                     \
    (flinkc::KernelContext * context, int64_t a, flinkc::StringValue* out))                      \
  FLINKC_TEXT_OF_ONE(K, flinkc_hex_text)                                                         \
  FLINKC_TEXT_OF_ONE(K, flinkc_unhex)                                                            \
  FLINKC_TEXT_OF_ONE(K, flinkc_to_base64)                                                        \
  FLINKC_TEXT_OF_ONE(K, flinkc_from_base64)                                                      \
  FLINKC_TEXT_OF_ONE(K, flinkc_url_encode)                                                       \
  FLINKC_TEXT_OF_ONE(K, flinkc_url_decode)                                                       \
  K(int32_t, flinkc_parse_url,                                                                   \
    (const flinkc::StringValue* url, const flinkc::StringValue* part, flinkc::StringValue* out)) \
  K(int32_t, flinkc_parse_url_query,                                                             \
    (const flinkc::StringValue* url, const flinkc::StringValue* part,                            \
     const flinkc::StringValue* key, flinkc::StringValue* out))

FLINKC_ENCODING_KERNELS(FLINKC_DECLARE_KERNEL)
