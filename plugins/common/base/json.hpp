// JSON text in and out (pure). Strict RFC 8259 with a bound on nesting, because what it reads comes
// from the network, and every value keeps its own bytes, so that a part can be passed on unchanged.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace rtc {

// A value of a parsed text; `raw` points into that text, which must outlive it.
struct JsonValue {
  enum class Kind { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  std::string_view raw;
  std::vector<std::pair<std::string, JsonValue>> members;  // of an object, in their order
  std::vector<JsonValue> items;                            // of an array

  bool is_object() const { return kind == Kind::object; }
  bool is_array() const { return kind == Kind::array; }
  bool is_true() const { return kind == Kind::boolean && raw == "true"; }

  // The member of an object; null where there is none or where it is the JSON null.
  const JsonValue *find(std::string_view name) const;
  // The characters of a string, nothing for another kind.
  std::optional<std::string> text() const;
  // A number without fraction that fits, nothing for another kind.
  std::optional<long> integer() const;
  // A finite number, nothing for another kind.
  std::optional<double> real() const;
};

Result<JsonValue> parse_json(std::string_view text);

// A JSON string with its quotes.
std::string json_quote(std::string_view text);
// A JSON number, in any locale; null for what is none.
std::string json_number(double value);

// Writes an object member by member.
class JsonObject {
 public:
  JsonObject &add(std::string_view name, std::string_view text) {
    return add_raw(name, json_quote(text));
  }
  // `json` is a JSON text of its own.
  JsonObject &add_raw(std::string_view name, std::string_view json);
  std::string str() const { return "{" + body_ + "}"; }

 private:
  std::string body_;
};

// "[a,b]" of JSON texts.
std::string json_array(const std::vector<std::string> &items);

}  // namespace rtc
