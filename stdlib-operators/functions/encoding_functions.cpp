// Functions that write text in other digits and alphabets, and take URLs apart.
#include "stdlib-operators/functions/native/text_format.h"
#include "stdlib-operators/functions/records.h"
#include "stdlib-operators/functions/resolve.h"

namespace flinkc {
namespace {

constexpr KernelCall kAscii = ValueKernel("flinkc_ascii");
constexpr KernelCall kChr = TextKernel("flinkc_chr");
constexpr KernelCall kBin = TextKernel("flinkc_bin");
constexpr KernelCall kHexInteger = TextKernel("flinkc_hex_i64");
constexpr KernelCall kHexText = TextKernel("flinkc_hex_text");
constexpr KernelCall kToBase64 = TextKernel("flinkc_to_base64");
constexpr KernelCall kUnhex = NullingTextKernel("flinkc_unhex");
constexpr KernelCall kFromBase64 = NullingTextKernel("flinkc_from_base64");
constexpr KernelCall kUrlEncode = NullingTextKernel("flinkc_url_encode");
constexpr KernelCall kUrlDecode = NullingTextKernel("flinkc_url_decode");
constexpr KernelCall kParseUrl = NullingKernel("flinkc_parse_url");
constexpr KernelCall kParseUrlQuery = NullingKernel("flinkc_parse_url_query");

constexpr std::string_view kNullIfArgument = "NULL if an argument is.";

// A call whose argument 1 is the name of a character set.
std::optional<Resolution> WithCharset(std::optional<Resolution> resolution) {
  if (!resolution) return std::nullopt;
  resolution->prepared_arguments = {1};
  resolution->check_constants = &CheckCharset;
  resolution->prepare = &PrepareCharset;
  return resolution;
}

std::optional<Resolution> ResolveEncode(Arguments arguments) {
  return WithCharset(FixedCall(TextKernel("flinkc_native_encode"), BytesType(), arguments,
                               {StringType(), StringType()}));
}

std::optional<Resolution> ResolveDecode(Arguments arguments) {
  return WithCharset(FixedCall(TextKernel("flinkc_native_decode"), StringType(), arguments,
                               {BytesType(), StringType()}));
}

}  // namespace

std::vector<FunctionRecord> EncodingFunctions() {
  std::vector<FunctionRecord> records;
  records.push_back({.name = "ascii",
                     .doc = "The value of the first byte; 0 of the empty text.",
                     .nulls = kNullIfArgument,
                     .overloads = {{"(s STRING) -> INT", Fixed<kAscii, IntType, StringType>}},
                     .examples = {{"ascii('abc')", "97"}, {"ascii('')", "0"}}});
  records.push_back(
      {.name = "chr",
       .doc = "The character of Latin-1 with the code modulo 256; empty if negative.",
       .nulls = kNullIfArgument,
       .overloads = {{"(code BIGINT) -> STRING", Fixed<kChr, StringType, BigintType>}},
       .examples = {{"chr(97)", "a"}, {"chr(353)", "a"}, {"chr(233)", "é"}}});
  records.push_back(
      {.name = "bin",
       .doc = "The integer in binary digits (two's complement if negative).",
       .nulls = kNullIfArgument,
       .overloads = {{"(a BIGINT) -> STRING", Fixed<kBin, StringType, BigintType>}},
       .examples = {{"bin(4)", "100"}, {"bin(0)", "0"}, {"char_length(bin(-1))", "64"}}});
  records.push_back(
      {.name = "hex",
       .doc = "The integer, or the bytes of the text, in hexadecimal digits.",
       .nulls = kNullIfArgument,
       .overloads = {{"(a BIGINT) -> STRING", Fixed<kHexInteger, StringType, BigintType>},
                     {"(s STRING) -> STRING", Fixed<kHexText, StringType, StringType>},
                     {"(b BYTES) -> STRING", Fixed<kHexText, StringType, BytesType>}},
       .examples = {{"hex(20)", "14"},
                    {"hex(255)", "FF"},
                    {"hex('hello,world')", "68656C6C6F2C776F726C64"},
                    {"hex(-1)", "FFFFFFFFFFFFFFFF"}}});
  records.push_back({.name = "unhex",
                     .doc = "The bytes that the hexadecimal digits stand for.",
                     .nulls = "NULL if the argument is, or has something else than such digits.",
                     .overloads = {{"(s STRING) -> BYTES", Fixed<kUnhex, BytesType, StringType>}},
                     .examples = {{"hex(unhex('466C696E6B'))", "466C696E6B"},
                                  {"hex(unhex('fff'))", "0FFF"},
                                  {"hex(unhex('xy'))", "NULL"}}});
  records.push_back(
      {.name = "to_base64",
       .doc = "The text's bytes in base64.",
       .nulls = kNullIfArgument,
       .overloads = {{"(s STRING) -> STRING", Fixed<kToBase64, StringType, StringType>},
                     {"(b BYTES) -> STRING", Fixed<kToBase64, StringType, BytesType>}},
       .examples = {{"to_base64('hello world')", "aGVsbG8gd29ybGQ="}, {"to_base64('')", ""}}});
  records.push_back(
      {.name = "from_base64",
       .doc = "The text that the base64 stands for, with or without padding.",
       .nulls = "NULL if the argument is, or is no base64.",
       .overloads = {{"(s STRING) -> STRING", Fixed<kFromBase64, StringType, StringType>}},
       .examples = {{"from_base64('aGVsbG8gd29ybGQ=')", "hello world"},
                    {"from_base64('aGk')", "hi"},
                    {"from_base64('a')", "NULL"}}});
  records.push_back(
      {.name = "encode",
       .doc = "The bytes of the text in a character set: US-ASCII, ISO-8859-1, UTF-8, UTF-16, "
              "UTF-16BE, UTF-16LE.",
       .nulls = "NULL if an argument is. What the set does not have becomes ?.",
       .overloads = {{"(s STRING, charset STRING constant) -> BYTES", ResolveEncode}},
       .examples = {{"hex(encode('é', 'UTF-8'))", "C3A9"},
                    {"hex(encode('é', 'iso-8859-1'))", "E9"},
                    {"hex(encode('aé', 'UTF-16'))", "FEFF006100E9"},
                    {"hex(encode('é', 'US-ASCII'))", "3F"}}});
  records.push_back({.name = "decode",
                     .doc = "The text that the bytes are in a character set (as encode).",
                     .nulls = "NULL if an argument is. What is no character becomes U+FFFD.",
                     .overloads = {{"(b BYTES, charset STRING constant) -> STRING", ResolveDecode}},
                     .examples = {{"decode(X'C3A9', 'UTF-8')", "é"},
                                  {"decode(X'E9', 'ISO-8859-1')", "é"},
                                  {"decode(X'E900', 'UTF-16LE')", "é"},
                                  {"decode(encode('a😀', 'UTF-16'), 'UTF-16')", "a😀"}}});
  records.push_back(
      {.name = "url_encode",
       .doc = "The text as application/x-www-form-urlencoded, by its UTF-8 bytes.",
       .nulls = kNullIfArgument,
       .overloads = {{"(s STRING) -> STRING", Fixed<kUrlEncode, StringType, StringType>}},
       .examples = {{"url_encode('a b/é')", "a+b%2F%C3%A9"}}});
  records.push_back(
      {.name = "url_decode",
       .doc = "The text that was encoded as application/x-www-form-urlencoded.",
       .nulls = "NULL if the argument is, or is malformed.",
       .overloads = {{"(s STRING) -> STRING", Fixed<kUrlDecode, StringType, StringType>}},
       .examples = {{"url_decode('a+b%2F%C3%A9')", "a b/é"}, {"url_decode('%2')", "NULL"}}});
  records.push_back(
      {.name = "parse_url",
       .doc =
           "A part of a URL: HOST, PATH, QUERY, REF, PROTOCOL, AUTHORITY, FILE, USERINFO; of QUERY "
           "also the value of one key.",
       .nulls = "NULL if an argument is, the part is not there, or it is no URL.",
       .overloads = {{"(url STRING, part STRING) -> STRING",
                      Fixed<kParseUrl, StringType, StringType, StringType>},
                     {"(url STRING, part STRING, key STRING) -> STRING",
                      Fixed<kParseUrlQuery, StringType, StringType, StringType, StringType>}},
       .examples = {
           {"parse_url('http://facebook.com/path1/p.php?k1=v1&k2=v2#Ref1', 'HOST')",
            "facebook.com"},
           {"parse_url('http://facebook.com/path1/p.php?k1=v1&k2=v2', 'QUERY', 'k2')", "v2"},
           {"parse_url('http://u:p@h:80/f?q', 'USERINFO')", "u:p"},
           {"parse_url('http://h/f?q=1', 'FILE')", "/f?q=1"},
           {"parse_url('http://h/f', 'REF')", "NULL"}}});
  return records;
}

}  // namespace flinkc
