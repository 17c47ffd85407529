// Digests of text and bytes.
#include <utility>

#include "stdlib-operators/functions/records.h"
#include "stdlib-operators/functions/resolve.h"

namespace flinkc {
namespace {

constexpr KernelCall kMd5 = NullingTextKernel("flinkc_native_md5");
constexpr KernelCall kSha1 = NullingTextKernel("flinkc_native_sha1");
constexpr KernelCall kSha224 = NullingTextKernel("flinkc_native_sha224");
constexpr KernelCall kSha256 = NullingTextKernel("flinkc_native_sha256");
constexpr KernelCall kSha384 = NullingTextKernel("flinkc_native_sha384");
constexpr KernelCall kSha512 = NullingTextKernel("flinkc_native_sha512");
constexpr KernelCall kSha2 = NullingTextKernel("flinkc_native_sha2");

FunctionRecord Digest(std::string_view name, std::optional<Resolution> (*of_text)(Arguments),
                      std::optional<Resolution> (*of_bytes)(Arguments),
                      std::vector<FunctionExample> examples) {
  return {.name = name,
          .category = FunctionCategory::kDigest,
          .doc = "The digest of this name, in hexadecimal digits.",
          .nulls = "NULL if the argument is.",
          .overloads = {{"(s STRING) -> STRING", of_text}, {"(b BYTES) -> STRING", of_bytes}},
          .examples = std::move(examples)};
}

}  // namespace

std::vector<FunctionRecord> DigestFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back(Digest("md5", Fixed<kMd5, StringType, StringType>,
                           Fixed<kMd5, StringType, BytesType>,
                           {{"md5('flink')", "68c03a76152dc53fdd2c7c7ab07f2721"}}));
  records.push_back(Digest("sha1", Fixed<kSha1, StringType, StringType>,
                           Fixed<kSha1, StringType, BytesType>,
                           {{"sha1('flink')", "2723c8ab7b0bea02519794459729a1ba8e773d9f"}}));
  records.push_back(Digest(
      "sha224", Fixed<kSha224, StringType, StringType>, Fixed<kSha224, StringType, BytesType>,
      {{"sha224('flink')", "bbb4b4b612daa53e219a6159417323b3c81a7bd9bf23af58bbe97358"}}));
  records.push_back(Digest(
      "sha256", Fixed<kSha256, StringType, StringType>, Fixed<kSha256, StringType, BytesType>,
      {{"sha256('flink')", "7f025323639628aa5e5d24bd56f43317552b140c71406d0eb5a555671bd534d2"}}));
  records.push_back(Digest("sha384", Fixed<kSha384, StringType, StringType>,
                           Fixed<kSha384, StringType, BytesType>,
                           {{"sha384('flink')",
                             "b9b2dfea16d702b0d43af8d7759c32027e0a3f473bef15eee3b8f09cb63af3d8"
                             "9acb6cd0c351511b9ba31c384ee5b5ae"}}));
  records.push_back(Digest("sha512", Fixed<kSha512, StringType, StringType>,
                           Fixed<kSha512, StringType, BytesType>,
                           {{"sha512('flink')",
                             "b713f9300989b853a2ceb236605c33fb2d2ef13d162cb9e52e50e5a99dac7531"
                             "4cd2127230b9d9959fd602f02c1e10d4d77dde92ab96a3ae85822dc23d362b56"}}));
  records.push_back({.name = "sha2",
                     .category = FunctionCategory::kDigest,
                     .doc = "The SHA-2 digest of 224, 256 (also 0), 384 or 512 bits.",
                     .nulls = "NULL if an argument is, or there is no digest of so many bits.",
                     .overloads = {{"(s STRING, bits INT) -> STRING",
                                    Fixed<kSha2, StringType, StringType, IntType>}},
                     .examples = {{"sha2('flink', 256) = sha256('flink')", "TRUE"},
                                  {"sha2('flink', 1)", "NULL"}}});
  return records;
}

}  // namespace flinkc
