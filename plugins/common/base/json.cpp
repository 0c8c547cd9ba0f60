#include "base/json.hpp"

#include <glib.h>

#include <charconv>
#include <cmath>

#include "base/text.hpp"

namespace rtc {

namespace {

constexpr int max_depth = 32;  // our messages need five levels; application meta a few more

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<JsonValue> document() {
    JsonValue value;
    skip_blanks();
    if (!read(value, 0)) return error();
    skip_blanks();
    if (at_ < text_.size()) return fail("more text after the value"), error();
    return value;
  }

 private:
  Error error() const {
    return {Error::Kind::protocol, "not valid JSON: " + std::string(problem_),
            format("at byte %zu", at_)};
  }
  bool fail(const char *problem) {
    if (!*problem_) problem_ = problem;
    return false;
  }
  bool more() const { return at_ < text_.size(); }
  char peek() const { return more() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c || !more()) return false;
    at_++;
    return true;
  }
  void skip_blanks() {
    while (more() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) at_++;
  }

  bool read(JsonValue &value, int depth) {
    if (depth > max_depth) return fail("nested too deeply");
    const auto start = at_;
    const bool ok = read_kind(value, depth);
    value.raw = text_.substr(start, at_ - start);
    return ok;
  }

  bool read_kind(JsonValue &value, int depth) {
    switch (peek()) {
      case '{':
        value.kind = JsonValue::Kind::object;
        return read_object(value, depth);
      case '[':
        value.kind = JsonValue::Kind::array;
        return read_array(value, depth);
      case '"':
        value.kind = JsonValue::Kind::string;
        return read_string();
      case 't':
        value.kind = JsonValue::Kind::boolean;
        return read_word("true");
      case 'f':
        value.kind = JsonValue::Kind::boolean;
        return read_word("false");
      case 'n':
        return read_word("null");
      default:
        value.kind = JsonValue::Kind::number;
        return read_number();
    }
  }

  bool read_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return fail("unknown word");
    at_ += word.size();
    return true;
  }

  bool read_digits() {
    const auto start = at_;
    while (g_ascii_isdigit(peek())) at_++;
    return at_ > start || fail("a value is missing");
  }

  bool read_number() {
    take('-');
    if (!take('0') && !read_digits()) return false;
    if (take('.') && !read_digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return read_digits();
    }
    return true;
  }

  bool read_string() {
    at_++;
    while (more()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return fail("control character in a string");
      if (c == '\\' && !read_escape()) return false;
    }
    return fail("a string does not end");
  }

  bool read_escape() {
    const char c = peek();
    at_++;
    if (c == 'u') {
      for (int i = 0; i < 4; i++, at_++)
        if (!g_ascii_isxdigit(peek())) return fail("bad \\u escape");
      return true;
    }
    return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos || fail("bad escape");
  }

  bool read_array(JsonValue &value, int depth) {
    at_++;
    skip_blanks();
    if (take(']')) return true;
    while (true) {
      skip_blanks();
      if (!read(value.items.emplace_back(), depth + 1)) return false;
      skip_blanks();
      if (take(']')) return true;
      if (!take(',')) return fail("',' or ']' is missing");
    }
  }

  bool read_object(JsonValue &value, int depth) {
    at_++;
    skip_blanks();
    if (take('}')) return true;
    while (true) {
      skip_blanks();
      JsonValue name{JsonValue::Kind::string};
      const auto start = at_;
      if (peek() != '"' || !read_string()) return fail("a member name is missing");
      name.raw = text_.substr(start, at_ - start);
      skip_blanks();
      if (!take(':')) return fail("':' is missing");
      skip_blanks();
      auto &member = value.members.emplace_back(*name.text(), JsonValue());
      if (!read(member.second, depth + 1)) return false;
      skip_blanks();
      if (take('}')) return true;
      if (!take(',')) return fail("',' or '}' is missing");
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  const char *problem_ = "";
};

unsigned hex4(std::string_view digits) {
  unsigned code = 0;
  std::from_chars(digits.data(), digits.data() + 4, code, 16);
  return code;
}

// Appends the character of the \u escape at `at` (its first digit); returns where it ends.
size_t append_unicode(std::string &out, std::string_view raw, size_t at) {
  gunichar code = hex4(raw.substr(at, 4));
  at += 4;
  if (code >= 0xd800 && code < 0xdc00 && raw.substr(at, 2) == "\\u") {
    const auto low = hex4(raw.substr(at + 2, 4));
    if (low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      at += 6;
    }
  }
  if (code >= 0xd800 && code < 0xe000) code = 0xfffd;  // half a pair: no character
  char buffer[6];
  out.append(buffer, static_cast<size_t>(g_unichar_to_utf8(code, buffer)));
  return at;
}

}  // namespace

const JsonValue *JsonValue::find(std::string_view name) const {
  for (auto member = members.rbegin(); member != members.rend(); ++member)
    if (member->first == name) return member->second.kind == Kind::null ? nullptr : &member->second;
  return nullptr;
}

std::optional<std::string> JsonValue::text() const {
  if (kind != Kind::string) return std::nullopt;
  static constexpr std::string_view names = "bfnrt", values = "\b\f\n\r\t";
  std::string out;
  const auto body = raw.substr(1, raw.size() - 2);
  for (size_t i = 0; i < body.size();) {
    if (body[i] != '\\') {
      out += body[i++];
    } else if (body[i + 1] == 'u') {
      i = append_unicode(out, body, i + 2);
    } else {
      const auto known = names.find(body[i + 1]);
      out += known == std::string_view::npos ? body[i + 1] : values[known];
      i += 2;
    }
  }
  return out;
}

std::optional<long> JsonValue::integer() const {
  long value = 0;
  if (kind != Kind::number) return std::nullopt;
  const auto end = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  if (end.ec != std::errc() || end.ptr != raw.data() + raw.size()) return std::nullopt;
  return value;
}

std::optional<double> JsonValue::real() const {
  if (kind != Kind::number) return std::nullopt;
  const auto value = g_ascii_strtod(std::string(raw).c_str(), nullptr);
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

Result<JsonValue> parse_json(std::string_view text) { return Parser(text).document(); }

std::string json_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += format("\\u%04x", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out += '"';
}

std::string json_number(double value) {
  if (!std::isfinite(value)) return "null";
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  return g_ascii_dtostr(text, sizeof text, value);
}

JsonObject &JsonObject::add_raw(std::string_view name, std::string_view json) {
  if (!body_.empty()) body_ += ',';
  body_ += json_quote(name);
  body_ += ':';
  body_ += json;
  return *this;
}

std::string json_array(const std::vector<std::string> &items) {
  return "[" + join(items, ",") + "]";
}

}  // namespace rtc
