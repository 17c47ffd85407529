#include "stdlib-operators/kernels/encoding.h"

#include <string_view>

namespace flinkc {
namespace {

constexpr char kHexDigits[] = "0123456789ABCDEF";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr char kBase64Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;  // also the alphabet that is safe in URLs
  if (c == '/' || c == '_') return 63;
  return -1;
}

// What java.net.URLEncoder leaves as it is.
bool IsPlainInUrl(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '*' || c == '_';
}

bool Equals(const StringValue& a, std::string_view text) { return a.view() == text; }

// string_view::substr throws; these are asked for what is there.
std::string_view Before(std::string_view text, size_t end) { return {text.data(), end}; }
std::string_view From(std::string_view text, size_t begin) {
  return {text.data() + begin, text.size() - begin};
}
// The offset of `c`, or the text's size.
size_t OffsetOf(std::string_view text, char c) {
  size_t i = 0;
  while (i < text.size() && text[i] != c) ++i;
  return i;
}

// The parts of a URL, as java.net.URL has them; a missing part has no begin.
struct UrlParts {
  std::string_view protocol, authority, user, host, path, query, fragment;
  bool has_authority = false, has_user = false, has_query = false, has_fragment = false;
};

// "user@host:port", "[::1]:80".
void SplitAuthority(std::string_view authority, UrlParts* parts) {
  parts->authority = authority;
  parts->has_authority = true;
  size_t host = authority.size();
  while (host > 0 && authority[host - 1] != '@') --host;
  if (host > 0) {
    parts->user = Before(authority, host - 1);
    parts->has_user = true;
  }
  parts->host = From(authority, host);
  for (size_t i = parts->host.size(); i > 0 && parts->host[i - 1] != ']'; --i) {
    if (parts->host[i - 1] == ':') {
      parts->host = Before(parts->host, i - 1);
      break;
    }
  }
}

bool SplitUrl(std::string_view url, UrlParts* parts) {
  const size_t colon = OffsetOf(url, ':');
  if (colon == url.size() || colon == 0) return false;
  parts->protocol = Before(url, colon);
  for (char c : parts->protocol) {
    if (!IsPlainInUrl(c) && c != '+') return false;
  }
  url = From(url, colon + 1);
  if (const size_t hash = OffsetOf(url, '#'); hash < url.size()) {
    parts->fragment = From(url, hash + 1);
    parts->has_fragment = true;
    url = Before(url, hash);
  }
  if (const size_t mark = OffsetOf(url, '?'); mark < url.size()) {
    parts->query = From(url, mark + 1);
    parts->has_query = true;
    url = Before(url, mark);
  }
  if (url.size() >= 2 && url[0] == '/' && url[1] == '/') {
    url = From(url, 2);
    const size_t slash = OffsetOf(url, '/');
    SplitAuthority(Before(url, slash), parts);
    url = From(url, slash);
  }
  parts->path = url;
  return true;
}

int32_t GiveView(std::string_view text, bool there, StringValue* out) {
  if (!there) return kKernelNull;
  *out = MakeStringValue(text);
  return kKernelOk;
}

}  // namespace
}  // namespace flinkc

using namespace flinkc;  // the definitions below are what the header declares

extern "C" {

int32_t flinkc_chr(KernelContext* context, int64_t code, StringValue* out) {
  char* bytes = AllocateBytes(context, 2);
  const auto low = static_cast<unsigned char>(code & 0xFF);
  uint32_t size = 0;
  if (code >= 0 && low < 0x80) {
    bytes[size++] = static_cast<char>(low);
  } else if (code >= 0) {  // a character of Latin-1
    bytes[size++] = static_cast<char>(0xC0 | low >> 6);
    bytes[size++] = static_cast<char>(0x80 | (low & 0x3F));
  }
  *out = MakeStringValue(bytes, size);
  return kKernelOk;
}

int32_t flinkc_bin(KernelContext* context, int64_t a, StringValue* out) {
  auto bits = static_cast<uint64_t>(a);
  const uint32_t size = bits == 0 ? 1 : 64 - static_cast<uint32_t>(__builtin_clzll(bits));
  char* bytes = AllocateBytes(context, size);
  for (uint32_t i = size; i > 0; --i, bits >>= 1)
    bytes[i - 1] = static_cast<char>('0' + (bits & 1));
  *out = MakeStringValue(bytes, size);
  return kKernelOk;
}

int32_t flinkc_hex_i64(KernelContext* context, int64_t a, StringValue* out) {
  auto bits = static_cast<uint64_t>(a);
  const uint32_t size = bits == 0 ? 1 : (67 - static_cast<uint32_t>(__builtin_clzll(bits))) / 4;
  char* bytes = AllocateBytes(context, size);
  for (uint32_t i = size; i > 0; --i, bits >>= 4) bytes[i - 1] = kHexDigits[bits & 15];
  *out = MakeStringValue(bytes, size);
  return kKernelOk;
}

int32_t flinkc_hex_text(KernelContext* context, const StringValue* a, StringValue* out) {
  const char* text = a->data();
  const uint32_t count = a->size > UINT32_MAX / 2 ? UINT32_MAX / 2 : a->size;
  char* bytes = AllocateBytes(context, count * 2);
  for (uint32_t i = 0; i < count; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    bytes[2 * i] = kHexDigits[byte >> 4];
    bytes[2 * i + 1] = kHexDigits[byte & 15];
  }
  *out = MakeStringValue(bytes, count * 2);
  return kKernelOk;
}

// An odd number of digits has a zero before it.
int32_t flinkc_unhex(KernelContext* context, const StringValue* a, StringValue* out) {
  const char* text = a->data();
  const uint32_t size = a->size / 2 + a->size % 2;
  char* bytes = AllocateBytes(context, size);
  uint32_t i = 0;
  for (uint32_t written = 0; written < size; ++written) {
    const int high = written == 0 && a->size % 2 == 1 ? 0 : HexDigit(text[i++]);
    const int low = HexDigit(text[i++]);
    if (high < 0 || low < 0) return kKernelNull;
    bytes[written] = static_cast<char>(high << 4 | low);
  }
  *out = MakeStringValue(bytes, size);
  return kKernelOk;
}

int32_t flinkc_to_base64(KernelContext* context, const StringValue* a, StringValue* out) {
  const char* text = a->data();
  const uint32_t groups = a->size / 3 + (a->size % 3 != 0 ? 1 : 0);
  const uint64_t size = uint64_t{groups} * 4;
  char* bytes = AllocateBytes(context, static_cast<uint32_t>(size));
  for (uint32_t group = 0; group < groups; ++group) {
    const uint32_t at = group * 3;
    const uint32_t left = a->size - at;
    uint32_t bits = static_cast<uint32_t>(static_cast<unsigned char>(text[at])) << 16;
    if (left > 1) bits |= static_cast<uint32_t>(static_cast<unsigned char>(text[at + 1])) << 8;
    if (left > 2) bits |= static_cast<unsigned char>(text[at + 2]);
    char* four = bytes + uint64_t{group} * 4;
    four[0] = kBase64Digits[bits >> 18];
    four[1] = kBase64Digits[bits >> 12 & 63];
    four[2] = left > 1 ? kBase64Digits[bits >> 6 & 63] : '=';
    four[3] = left > 2 ? kBase64Digits[bits & 63] : '=';
  }
  *out = MakeStringValue(bytes, static_cast<uint32_t>(size));
  return kKernelOk;
}

// With or without padding; line breaks and spaces are skipped.
int32_t flinkc_from_base64(KernelContext* context, const StringValue* a, StringValue* out) {
  const char* text = a->data();
  char* bytes = AllocateBytes(context, a->size / 4 * 3 + 3);
  uint32_t size = 0, bits = 0, digits = 0, padding = 0;
  for (uint32_t i = 0; i < a->size; ++i) {
    const char c = text[i];
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int digit = Base64Digit(c);
    if (digit < 0 || padding > 0) return kKernelNull;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    if (++digits % 4 == 0) {
      bytes[size++] = static_cast<char>(bits >> 16);
      bytes[size++] = static_cast<char>(bits >> 8);
      bytes[size++] = static_cast<char>(bits);
      bits = 0;
    }
  }
  if (digits % 4 == 1 || padding > 2) return kKernelNull;
  if (digits % 4 == 2) bytes[size++] = static_cast<char>(bits >> 4);
  if (digits % 4 == 3) {
    bytes[size++] = static_cast<char>(bits >> 10);
    bytes[size++] = static_cast<char>(bits >> 2);
  }
  *out = MakeStringValue(bytes, size);
  return kKernelOk;
}

int32_t flinkc_url_encode(KernelContext* context, const StringValue* a, StringValue* out) {
  const char* text = a->data();
  const uint64_t bound = uint64_t{a->size} * 3;
  if (bound > UINT32_MAX) return kKernelNull;
  char* bytes = AllocateBytes(context, static_cast<uint32_t>(bound));
  uint32_t size = 0;
  for (uint32_t i = 0; i < a->size; ++i) {
    const char c = text[i];
    if (IsPlainInUrl(c)) {
      bytes[size++] = c;
    } else if (c == ' ') {
      bytes[size++] = '+';
    } else {
      bytes[size++] = '%';
      bytes[size++] = kHexDigits[static_cast<unsigned char>(c) >> 4];
      bytes[size++] = kHexDigits[c & 15];
    }
  }
  *out = MakeStringValue(bytes, size);
  return kKernelOk;
}

int32_t flinkc_url_decode(KernelContext* context, const StringValue* a, StringValue* out) {
  const char* text = a->data();
  char* bytes = AllocateBytes(context, a->size);
  uint32_t size = 0;
  for (uint32_t i = 0; i < a->size; ++i) {
    if (text[i] == '%') {
      if (a->size - i < 3) return kKernelNull;
      const int high = HexDigit(text[i + 1]), low = HexDigit(text[i + 2]);
      if (high < 0 || low < 0) return kKernelNull;
      bytes[size++] = static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      bytes[size++] = text[i] == '+' ? ' ' : text[i];
    }
  }
  *out = MakeStringValue(bytes, size);
  return kKernelOk;
}

int32_t flinkc_parse_url(const StringValue* url, const StringValue* part, StringValue* out) {
  UrlParts parts;
  if (!SplitUrl(url->view(), &parts)) return kKernelNull;
  if (Equals(*part, "PROTOCOL")) return GiveView(parts.protocol, true, out);
  if (Equals(*part, "AUTHORITY")) return GiveView(parts.authority, parts.has_authority, out);
  if (Equals(*part, "USERINFO")) return GiveView(parts.user, parts.has_user, out);
  if (Equals(*part, "HOST")) return GiveView(parts.host, parts.has_authority, out);
  if (Equals(*part, "PATH")) return GiveView(parts.path, true, out);
  if (Equals(*part, "QUERY")) return GiveView(parts.query, parts.has_query, out);
  if (Equals(*part, "REF")) return GiveView(parts.fragment, parts.has_fragment, out);
  if (Equals(*part, "FILE")) {  // the path and the query, which stand side by side
    const size_t size = parts.path.size() + (parts.has_query ? 1 + parts.query.size() : 0);
    return GiveView({parts.path.data(), size}, true, out);
  }
  return kKernelNull;
}

int32_t flinkc_parse_url_query(const StringValue* url, const StringValue* part,
                               const StringValue* key, StringValue* out) {
  UrlParts parts;
  if (!Equals(*part, "QUERY") || !SplitUrl(url->view(), &parts)) return kKernelNull;
  for (std::string_view rest = parts.query; !rest.empty();) {
    const size_t end = OffsetOf(rest, '&');
    const std::string_view pair = Before(rest, end);
    if (pair.size() > key->size && pair[key->size] == '=' &&
        Before(pair, key->size) == key->view()) {
      return GiveView(From(pair, key->size + 1), true, out);
    }
    rest = From(rest, end < rest.size() ? end + 1 : end);
  }
  return kKernelNull;
}

}  // extern "C"
