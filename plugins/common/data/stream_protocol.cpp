#include "data/stream_protocol.hpp"

#include <glib.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {

constexpr size_t max_text = 4096;                  // before it is parsed: a parsed text is larger
constexpr size_t max_reason = 500;                 // six bytes each where JSON escapes them
constexpr uint64_t max_number = (1ull << 53) - 1;  // JavaScript counts no further

std::optional<uint64_t> number(const JsonValue *value) {
  const auto integer = value ? value->integer() : std::nullopt;
  if (!integer) return std::nullopt;
  const auto out = static_cast<uint64_t>(*integer);  // of a negative one: too large
  return out > max_number ? std::nullopt : std::optional(out);
}

bool is_id(std::string_view text) {
  return text.size() == 32 && std::ranges::all_of(text, [](char c) { return g_ascii_isxdigit(c); });
}

// Comes from a stranger and goes to the user: short, and without line feeds or terminal controls.
std::string one_line(std::string_view text) {
  std::string out(text.substr(0, max_reason));
  std::ranges::replace_if(
      out, [](char c) { return g_ascii_iscntrl(c); }, ' ');
  char *valid = g_utf8_make_valid(out.data(), static_cast<gssize>(out.size()));
  out = valid;
  g_free(valid);
  return out;
}

Result<StreamControl> read_begin(const JsonValue &object) {
  const auto *stream = object.find("stream");
  const auto id = stream ? stream->text() : std::nullopt;
  if (!id || !is_id(*id)) return stream_protocol_error("begin without a stream id");
  const auto offset = number(object.find("offset"));
  if (!offset) return stream_protocol_error("begin without a valid offset");
  const auto *length = object.find("length");
  if (length && !number(length)) return stream_protocol_error("begin with an invalid length");
  return StreamControl(StreamBegin{*id, *offset, number(length)});
}

Result<StreamControl> read_end(const JsonValue &object) {
  const auto size = number(object.find("size"));
  if (!size) return stream_protocol_error("end without a valid size");
  return StreamControl(StreamEnd{*size});
}

Result<StreamControl> read_ack(const JsonValue &object) {
  const auto received = number(object.find("received"));
  if (!received) return stream_protocol_error("ack without a valid number");
  const auto *complete = object.find("complete");
  return StreamControl(StreamAck{*received, complete && complete->is_true()});
}

Result<StreamControl> read_abort(const JsonValue &object) {
  const auto *reason = object.find("reason");
  return StreamControl(StreamAbort{one_line(reason ? reason->text().value_or("") : "")});
}

struct Row {
  std::string_view type;
  Result<StreamControl> (*read)(const JsonValue &object);
};
constexpr Row rows[] = {
    {"begin", read_begin}, {"end", read_end}, {"ack", read_ack}, {"abort", read_abort}};

JsonObject typed(std::string_view type) { return JsonObject().add("type", type); }

}  // namespace

Result<StreamControl> read_stream_control(std::string_view text) {
  if (text.size() > max_text)
    return stream_protocol_error(format("a control message of %zu bytes", text.size()));
  const auto object = parse_json(text);
  if (!object) return stream_protocol_error(object.error().message);
  const auto *member = object->find("type");
  const auto type = member ? member->text() : std::nullopt;
  if (!type) return stream_protocol_error("a control message without a type");
  for (const auto &row : rows)
    if (row.type == *type) return row.read(*object);
  return StreamControl(StreamUnknown());
}

std::string write(const StreamBegin &message) {
  auto object = typed("begin").add("stream", message.stream);
  object.add_raw("offset", std::to_string(message.offset));
  if (message.length) object.add_raw("length", std::to_string(*message.length));
  return object.str();
}

std::string write(const StreamEnd &message) {
  return typed("end").add_raw("size", std::to_string(message.size)).str();
}

std::string write(const StreamAck &message) {
  auto object = typed("ack").add_raw("received", std::to_string(message.received));
  if (message.complete) object.add_raw("complete", "true");
  return object.str();
}

std::string write(const StreamAbort &message) {
  return typed("abort").add("reason", one_line(message.reason)).str();
}

Error stream_protocol_error(const std::string &what) {
  return {Error::Kind::protocol,
          "The data stream broke off: the other side does not keep to its protocol. Use versions "
          "that fit each other on both sides.",
          std::string(stream_subprotocol) + ": " + what};
}

Error stream_aborted(const StreamAbort &message) {
  const auto reason = message.reason.empty() ? "it gave no reason" : message.reason;
  return {Error::Kind::refused, "The other side gave the data stream up: " + reason + ".",
          std::string(stream_subprotocol) + ": abort"};
}

}  // namespace rtc
