#include "stdlib-operators/functions/native/digest.h"

#include <openssl/evp.h>

namespace flinkc {
namespace {

// kNull: libcrypto has no such digest (a FIPS policy may forbid md5).
int32_t Digest(KernelContext* context, const EVP_MD* kind, const StringValue& a, StringValue* out) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (kind == nullptr || EVP_Digest(a.data(), a.size, bytes, &size, kind, nullptr) != 1) {
    return kKernelNull;
  }
  char* text = AllocateBytes(context, size * 2);
  for (unsigned int i = 0; i < size; ++i) {
    text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
    text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
  }
  *out = MakeStringValue(text, size * 2);
  return kKernelOk;
}

const EVP_MD* Sha2(int32_t bits) {
  switch (bits) {
    case 224: return EVP_sha224();
    case 0:
    case 256: return EVP_sha256();
    case 384: return EVP_sha384();
    case 512: return EVP_sha512();
    default: return nullptr;
  }
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

#define FLINKC_DEFINE_DIGEST(name)                                                             \
  int32_t flinkc_native_##name(KernelContext* context, const StringValue* a, StringValue* out) { \
    return Digest(context, EVP_##name(), *a, out);                                             \
  }
FLINKC_DEFINE_DIGEST(md5)
FLINKC_DEFINE_DIGEST(sha1)
FLINKC_DEFINE_DIGEST(sha224)
FLINKC_DEFINE_DIGEST(sha256)
FLINKC_DEFINE_DIGEST(sha384)
FLINKC_DEFINE_DIGEST(sha512)

int32_t flinkc_native_sha2(KernelContext* context, const StringValue* a, int32_t bits,
                           StringValue* out) {
  return Digest(context, Sha2(bits), *a, out);
}

}  // extern "C"
