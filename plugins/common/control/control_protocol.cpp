#include "control/control_protocol.hpp"

#include <glib.h>

#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {

using std::chrono::nanoseconds;

constexpr size_t longest_name = 256;
constexpr const char *navigation_type = "navigationEvent", *custom_type = "customUpstreamEvent";
constexpr double longest_time = 9e9;  // seconds; what nanoseconds can count

constexpr std::array navigation_events = {"KeyPress",         "KeyRelease",         "MouseMove",
                                          "MouseButtonPress", "MouseButtonRelease", "MouseScroll",
                                          "TouchDown",        "TouchMotion",        "TouchUp",
                                          "TouchFrame",       "TouchCancel",        "Command"};

using Kind = PlaybackRequest::Kind;
constexpr std::array<std::pair<const char *, Kind>, 6> playback_types = {{{"play", Kind::play},
                                                                          {"pause", Kind::pause},
                                                                          {"next", Kind::next},
                                                                          {"seek", Kind::seek},
                                                                          {"rate", Kind::rate},
                                                                          {"loop", Kind::loop}}};

Error bad(const std::string &what) {
  return {Error::Kind::protocol, "The control message was not understood: " + what + ".", what};
}

Result<JsonValue> read_object(std::string_view text) {
  if (text.size() > largest_control_message)
    return bad(format("it has more than %zu bytes", largest_control_message));
  if (!g_utf8_validate_len(text.data(), text.size(), nullptr)) return bad("it is not UTF-8");
  auto json = parse_json(text);
  if (!json) return bad(json.error().message);
  if (!json->is_object()) return bad("it is no JSON object");
  return json;
}

std::string text_of(const JsonValue &object, std::string_view name) {
  const auto *member = object.find(name);
  return member ? member->text().value_or("") : "";
}

double number_of(const JsonValue &object, std::string_view name) {
  const auto *member = object.find(name);
  return member ? member->real().value_or(0) : 0;
}

std::optional<nanoseconds> time_of(const JsonValue &object, std::string_view name) {
  const auto *member = object.find(name);
  const auto value = member ? member->real() : std::nullopt;
  if (!value || *value < 0 || *value > longest_time) return {};
  return nanoseconds(static_cast<int64_t>(*value * 1e9 + 0.5));
}

std::string seconds_text(nanoseconds time) {
  const auto count = time.count();
  return format("%lld.%09lld", static_cast<long long>(count / 1'000'000'000),
                static_cast<long long>(count % 1'000'000'000));
}

// What gst_structure_new_empty() takes for a name.
bool is_structure_name(const std::string &name) {
  return !name.empty() && name.size() <= longest_name && g_ascii_isalpha(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return g_ascii_isalnum(c) ||
                  std::string_view("/-_.:+").find(c) != std::string_view::npos;
         });
}

using What = decltype(ControlRequest::what);

What read_navigation(const JsonValue &request) {
  const auto *event = request.find("event");
  if (!event || !event->is_object()) return bad("a navigation event is missing");
  NavigationInput input;
  input.event = text_of(*event, "event");
  if (std::find(navigation_events.begin(), navigation_events.end(), input.event) ==
      navigation_events.end())
    return bad("there is no such navigation event");
  input.key = text_of(*event, "key");
  input.modifiers = text_of(*event, "modifier_state");
  if (input.key.size() > longest_name || input.modifiers.size() > longest_name)
    return bad("a name is too long");
  if (input.event.starts_with("Key") && input.key.empty()) return bad("a key is missing");
  input.command = text_of(*event, "command");
  if (input.event == "Command" && std::find(navigation_commands.begin(), navigation_commands.end(),
                                            input.command) == navigation_commands.end())
    return bad("there is no such navigation command");
  input.x = number_of(*event, "x");
  input.y = number_of(*event, "y");
  input.delta_x = number_of(*event, "delta_x");
  input.delta_y = number_of(*event, "delta_y");
  input.pressure = number_of(*event, "pressure");
  input.button = static_cast<int>(std::clamp(number_of(*event, "button"), 0., 255.));
  input.identifier = static_cast<unsigned>(std::clamp(number_of(*event, "identifier"), 0., 4e9));
  return input;
}

What read_custom(const JsonValue &request) {
  CustomInput input;
  input.name = text_of(request, "structureName");
  if (!is_structure_name(input.name)) return bad("structureName is no name of a structure");
  const auto *structure = request.find("structure");
  if (!structure || !structure->is_object()) return bad("the structure is missing");
  input.structure = std::string(structure->raw);
  return input;
}

What read_playback(Kind kind, const JsonValue &request) {
  PlaybackRequest playback{kind};
  if (kind == Kind::seek) {
    const auto position = time_of(request, "position");
    if (!position) return bad("a position is seconds from the beginning");
    playback.position = *position;
  } else if (kind == Kind::rate) {
    playback.rate = number_of(request, "rate");
    if (playback.rate < lowest_playback_rate || playback.rate > highest_playback_rate)
      return bad(format("a rate is from %g to %g", lowest_playback_rate, highest_playback_rate));
  } else if (kind == Kind::loop) {
    const auto *loop = request.find("loop");
    if (!loop || loop->kind != JsonValue::Kind::boolean) return bad("loop is true or false");
    playback.loop = loop->is_true();
  }
  return playback;
}

What read_request(const JsonValue &request) {
  const auto type = text_of(request, "type");
  if (type == navigation_type) return read_navigation(request);
  if (type == custom_type) return read_custom(request);
  for (const auto &[name, kind] : playback_types)
    if (type == name) return read_playback(kind, request);
  return bad("there is no request of that type");
}

}  // namespace

Result<ControlRequest> read_control_request(std::string_view text) {
  const auto message = read_object(text);
  if (!message) return message.error();
  const auto *id = message->find("id");
  const auto number = id ? id->integer() : std::nullopt;
  if (!number || *number < 0) return bad("it has no id");
  ControlRequest result{static_cast<uint64_t>(*number), text_of(*message, "mid"), {}};
  const auto *request = message->find("request");
  if (result.mid.size() > longest_name) {
    result.what = bad("a name is too long");
  } else if (request && request->is_object()) {
    result.what = read_request(*request);
  } else if (const auto inner = request ? request->text() : std::nullopt) {
    const auto parsed = read_object(*inner);
    result.what = parsed ? read_request(*parsed) : What(parsed.error());
  } else {
    result.what = bad("the request is missing");
  }
  return result;
}

Result<ControlMessage> read_control_message(std::string_view text) {
  const auto message = read_object(text);
  if (!message) return message.error();
  const auto type = text_of(*message, "type");
  if (type == "ControlResponseMessage") {
    const auto *id = message->find("id");
    const auto number = id ? id->integer() : std::nullopt;
    if (!number || *number < 0) return bad("a response has no id");
    ControlResponse response{static_cast<uint64_t>(*number), {}};
    if (const auto *error = message->find("error")) response.error = error->text();
    return ControlMessage(response);
  }
  if (type != "playback") return ControlMessage();
  const auto flag = [&](const char *name) {
    const auto *member = message->find(name);
    return member && member->is_true();
  };
  PlaybackState state;
  state.playing = text_of(*message, "state") == "playing";
  state.seekable = flag("seekable");
  state.loop = flag("loop");
  state.position = time_of(*message, "position").value_or(nanoseconds(0));
  state.duration = time_of(*message, "duration");
  state.rate = std::clamp(number_of(*message, "rate"), lowest_playback_rate, highest_playback_rate);
  return ControlMessage(state);
}

std::string type_of(const ControlRequest &request) {
  if (std::holds_alternative<NavigationInput>(request.what)) return navigation_type;
  if (std::holds_alternative<CustomInput>(request.what)) return custom_type;
  if (const auto *playback = std::get_if<PlaybackRequest>(&request.what))
    for (const auto &[name, kind] : playback_types)
      if (kind == playback->kind) return name;
  return "";
}

namespace {

std::string write_what(const Error &) { return "null"; }

std::string write_what(const NavigationInput &input) {
  JsonObject event;
  event.add("event", input.event);
  if (input.event == "Command") event.add("command", input.command);
  const bool touch = input.event.starts_with("Touch");
  if (input.event.starts_with("Key")) event.add("key", input.key);
  if (touch && input.event != "TouchFrame" && input.event != "TouchCancel")
    event.add_raw("identifier", std::to_string(input.identifier));
  if (input.event.starts_with("MouseButton")) event.add_raw("button", std::to_string(input.button));
  if (input.event.starts_with("Mouse") || event.str().find("identifier") != std::string::npos)
    event.add_raw("x", json_number(input.x)).add_raw("y", json_number(input.y));
  if (input.event == "MouseScroll")
    event.add_raw("delta_x", json_number(input.delta_x))
        .add_raw("delta_y", json_number(input.delta_y));
  if (input.event == "TouchDown" || input.event == "TouchMotion")
    event.add_raw("pressure", json_number(input.pressure));
  event.add("modifier_state", input.modifiers);
  return JsonObject().add("type", navigation_type).add_raw("event", event.str()).str();
}

std::string write_what(const CustomInput &input) {
  return JsonObject()
      .add("type", custom_type)
      .add("structureName", input.name)
      .add_raw("structure", input.structure)
      .str();
}

std::string write_what(const PlaybackRequest &request) {
  JsonObject object;
  for (const auto &[name, kind] : playback_types)
    if (kind == request.kind) object.add("type", name);
  if (request.kind == Kind::seek) object.add_raw("position", seconds_text(request.position));
  if (request.kind == Kind::rate) object.add_raw("rate", json_number(request.rate));
  if (request.kind == Kind::loop) object.add_raw("loop", request.loop ? "true" : "false");
  return object.str();
}

}  // namespace

std::string write(const ControlRequest &request) {
  JsonObject message;
  message.add_raw("id", std::to_string(request.id));
  if (!request.mid.empty()) message.add("mid", request.mid);
  message.add_raw("request",
                  std::visit([](const auto &what) { return write_what(what); }, request.what));
  return message.str();
}

std::string write(const ControlResponse &response) {
  return JsonObject()
      .add("type", "ControlResponseMessage")
      .add_raw("id", std::to_string(response.id))
      .add_raw("error", response.error ? json_quote(*response.error) : "null")
      .str();
}

std::string write(const PlaybackState &state) {
  return JsonObject()
      .add("type", "playback")
      .add("state", state.playing ? "playing" : "paused")
      .add_raw("position", seconds_text(state.position))
      .add_raw("duration", state.duration ? seconds_text(*state.duration) : "null")
      .add_raw("rate", json_number(state.rate))
      .add_raw("loop", state.loop ? "true" : "false")
      .add_raw("seekable", state.seekable ? "true" : "false")
      .str();
}

}  // namespace rtc
