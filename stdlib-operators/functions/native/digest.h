// Digests by libcrypto, as lower-case hexadecimal digits.
#pragma once

#include "stdlib-operators/kernels/kernel.h"

#define FLINKC_DIGEST(K, name)                                                                 \
  K(int32_t, flinkc_native_##name, (flinkc::KernelContext * context,                           \
                                    const flinkc::StringValue* a, flinkc::StringValue* out))

#define FLINKC_DIGEST_FUNCTIONS(K) \
  FLINKC_DIGEST(K, md5)            \
  FLINKC_DIGEST(K, sha1)           \
  FLINKC_DIGEST(K, sha224)         \
  FLINKC_DIGEST(K, sha256)         \
  FLINKC_DIGEST(K, sha384)         \
  FLINKC_DIGEST(K, sha512)         \
  /* sha2(a, bits): NULL where there is no digest of so many bits */ \
  K(int32_t, flinkc_native_sha2,                                     \
    (flinkc::KernelContext * context, const flinkc::StringValue* a, int32_t bits, \
     flinkc::StringValue* out))

FLINKC_DIGEST_FUNCTIONS(FLINKC_DECLARE_KERNEL)
