#include "control/control_events.hpp"

#include <gst/video/video.h>

#include <array>
#include <atomic>
#include <limits>

#include "base/json.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {

GFlagsClass *modifier_class() {
  static auto *flags =
      static_cast<GFlagsClass *>(g_type_class_ref(gst_navigation_modifier_type_get_type()));
  return flags;
}

// What is not known here is left out.
GstNavigationModifierType modifiers_of(const std::string &nicks) {
  guint mask = 0;
  for (const auto &nick : split(nicks, '+'))
    if (const auto *value = g_flags_get_value_by_nick(modifier_class(), nick.c_str()))
      mask |= value->value;
  return GstNavigationModifierType(mask);
}

std::string nicks_of(GstNavigationModifierType modifiers) {
  std::vector<std::string> nicks;
  for (guint i = 0; i < modifier_class()->n_values; i++) {
    const auto &value = modifier_class()->values[i];
    // Some values stand for all modifiers.
    if ((value.value & (value.value - 1)) == 0 && (modifiers & value.value))
      nicks.emplace_back(value.value_nick);
  }
  return join(nicks, "+");
}

constexpr std::array commands = {
    GST_NAVIGATION_COMMAND_MENU1,      GST_NAVIGATION_COMMAND_MENU2,
    GST_NAVIGATION_COMMAND_MENU3,      GST_NAVIGATION_COMMAND_MENU4,
    GST_NAVIGATION_COMMAND_MENU5,      GST_NAVIGATION_COMMAND_MENU6,
    GST_NAVIGATION_COMMAND_MENU7,      GST_NAVIGATION_COMMAND_LEFT,
    GST_NAVIGATION_COMMAND_RIGHT,      GST_NAVIGATION_COMMAND_UP,
    GST_NAVIGATION_COMMAND_DOWN,       GST_NAVIGATION_COMMAND_ACTIVATE,
    GST_NAVIGATION_COMMAND_PREV_ANGLE, GST_NAVIGATION_COMMAND_NEXT_ANGLE};
static_assert(commands.size() == navigation_commands.size());

GstNavigationCommand command_of(const std::string &name) {
  for (size_t i = 0; i < commands.size(); i++)
    if (name == navigation_commands[i]) return commands[i];
  return GST_NAVIGATION_COMMAND_INVALID;
}

// Empty for what is not known here.
std::string name_of(GstNavigationCommand command) {
  for (size_t i = 0; i < commands.size(); i++)
    if (command == commands[i]) return navigation_commands[i];
  return "";
}

bool set_value(GValue *to, const JsonValue &json);

// Names in structures are kept for ever (GQuark): a viewer brings only so many new ones.
bool may_name(const std::string &name) {
  constexpr size_t longest = 64;
  constexpr unsigned most_new = 1024;
  static std::atomic<unsigned> added{0};
  if (name.empty() || name.size() > longest) return false;
  return g_quark_try_string(name.c_str()) != 0 || added++ < most_new;
}

bool set_array(GValue *to, const JsonValue &json) {
  g_value_init(to, GST_TYPE_ARRAY);
  for (const auto &item : json.items) {
    GValue value = G_VALUE_INIT;
    bool ok = set_value(&value, item);
    // A list has items of one type.
    if (ok && gst_value_array_get_size(to) > 0)
      ok = G_VALUE_TYPE(&value) == G_VALUE_TYPE(gst_value_array_get_value(to, 0));
    if (ok)
      gst_value_array_append_and_take_value(to, &value);
    else if (G_IS_VALUE(&value))
      g_value_unset(&value);
    if (!ok) return false;
  }
  return true;
}

StructurePtr structure_of(const std::string &name, const JsonValue &json) {
  StructurePtr structure(gst_structure_new_empty(name.c_str()));
  for (const auto &[field, member] : json.members) {
    GValue value = G_VALUE_INIT;
    const bool ok = may_name(field) && set_value(&value, member);
    if (ok)
      gst_structure_take_value(structure.get(), field.c_str(), &value);
    else if (G_IS_VALUE(&value))
      g_value_unset(&value);
    if (!ok) return nullptr;
  }
  return structure;
}

void set_number(GValue *to, const JsonValue &json) {
  const auto whole = json.integer();
  if (whole && *whole >= std::numeric_limits<gint>::min() &&
      *whole <= std::numeric_limits<gint>::max()) {
    g_value_init(to, G_TYPE_INT);
    g_value_set_int(to, static_cast<gint>(*whole));
  } else if (whole) {
    g_value_init(to, G_TYPE_INT64);
    g_value_set_int64(to, *whole);
  } else {
    g_value_init(to, G_TYPE_DOUBLE);
    g_value_set_double(to, json.real().value_or(0));
  }
}

// False: there is no type for it, and `to` may be set in part.
bool set_value(GValue *to, const JsonValue &json) {
  switch (json.kind) {
    case JsonValue::Kind::boolean:
      g_value_init(to, G_TYPE_BOOLEAN);
      g_value_set_boolean(to, json.is_true());
      return true;
    case JsonValue::Kind::number:
      set_number(to, json);
      return true;
    case JsonValue::Kind::string:
      g_value_init(to, G_TYPE_STRING);
      g_value_set_string(to, json.text()->c_str());
      return true;
    case JsonValue::Kind::array:
      return set_array(to, json);
    case JsonValue::Kind::object: {
      auto structure = structure_of("object", json);
      if (!structure) return false;
      g_value_init(to, GST_TYPE_STRUCTURE);
      g_value_take_boxed(to, structure.release());
      return true;
    }
    default:
      return false;
  }
}

}  // namespace

Ref<GstEvent> to_event(const NavigationInput &input) {
  const auto state = modifiers_of(input.modifiers);
  const auto &event = input.event;
  GstEvent *made = nullptr;
  if (event == "KeyPress") made = gst_navigation_event_new_key_press(input.key.c_str(), state);
  if (event == "KeyRelease") made = gst_navigation_event_new_key_release(input.key.c_str(), state);
  if (event == "MouseMove") made = gst_navigation_event_new_mouse_move(input.x, input.y, state);
  if (event == "MouseButtonPress")
    made = gst_navigation_event_new_mouse_button_press(input.button, input.x, input.y, state);
  if (event == "MouseButtonRelease")
    made = gst_navigation_event_new_mouse_button_release(input.button, input.x, input.y, state);
  if (event == "MouseScroll")
    made = gst_navigation_event_new_mouse_scroll(input.x, input.y, input.delta_x, input.delta_y,
                                                 state);
  if (event == "TouchDown")
    made = gst_navigation_event_new_touch_down(input.identifier, input.x, input.y, input.pressure,
                                               state);
  if (event == "TouchMotion")
    made = gst_navigation_event_new_touch_motion(input.identifier, input.x, input.y, input.pressure,
                                                 state);
  if (event == "TouchUp")
    made = gst_navigation_event_new_touch_up(input.identifier, input.x, input.y, state);
  if (event == "Command") made = gst_navigation_event_new_command(command_of(input.command));
  if (event == "TouchFrame") made = gst_navigation_event_new_touch_frame(state);
  if (event == "TouchCancel") made = gst_navigation_event_new_touch_cancel(state);
  return adopt(made);
}

Result<Ref<GstEvent>> to_event(const CustomInput &input) {
  const auto json = parse_json(input.structure);
  auto structure = json && may_name(input.name) ? structure_of(input.name, *json) : nullptr;
  if (!structure)
    return Error{Error::Kind::protocol,
                 "The fields of the structure must be booleans, numbers, texts, lists or objects.",
                 input.name};
  return adopt(gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM, structure.release()));
}

std::optional<NavigationInput> navigation_of(GstEvent *event) {
  NavigationInput input;
  GstNavigationModifierType state = GST_NAVIGATION_MODIFIER_NONE;
  const char *key = nullptr;
  const auto type = gst_navigation_event_get_type(event);
  switch (type) {
    case GST_NAVIGATION_EVENT_KEY_PRESS:
    case GST_NAVIGATION_EVENT_KEY_RELEASE:
      input.event = type == GST_NAVIGATION_EVENT_KEY_PRESS ? "KeyPress" : "KeyRelease";
      gst_navigation_event_parse_key_event(event, &key);
      if (key) input.key = key;
      break;
    case GST_NAVIGATION_EVENT_MOUSE_MOVE:
      input.event = "MouseMove";
      gst_navigation_event_parse_mouse_move_event(event, &input.x, &input.y);
      break;
    case GST_NAVIGATION_EVENT_MOUSE_BUTTON_PRESS:
    case GST_NAVIGATION_EVENT_MOUSE_BUTTON_RELEASE:
      input.event = type == GST_NAVIGATION_EVENT_MOUSE_BUTTON_PRESS ? "MouseButtonPress"
                                                                    : "MouseButtonRelease";
      gst_navigation_event_parse_mouse_button_event(event, &input.button, &input.x, &input.y);
      break;
    case GST_NAVIGATION_EVENT_MOUSE_SCROLL:
      input.event = "MouseScroll";
      gst_navigation_event_parse_mouse_scroll_event(event, &input.x, &input.y, &input.delta_x,
                                                    &input.delta_y);
      break;
    case GST_NAVIGATION_EVENT_TOUCH_DOWN:
    case GST_NAVIGATION_EVENT_TOUCH_MOTION:
      input.event = type == GST_NAVIGATION_EVENT_TOUCH_DOWN ? "TouchDown" : "TouchMotion";
      gst_navigation_event_parse_touch_event(event, &input.identifier, &input.x, &input.y,
                                             &input.pressure);
      break;
    case GST_NAVIGATION_EVENT_TOUCH_UP:
      input.event = "TouchUp";
      gst_navigation_event_parse_touch_up_event(event, &input.identifier, &input.x, &input.y);
      break;
    case GST_NAVIGATION_EVENT_TOUCH_FRAME:
      input.event = "TouchFrame";
      break;
    case GST_NAVIGATION_EVENT_TOUCH_CANCEL:
      input.event = "TouchCancel";
      break;
    case GST_NAVIGATION_EVENT_COMMAND: {
      auto command = GST_NAVIGATION_COMMAND_INVALID;
      gst_navigation_event_parse_command(event, &command);
      input.event = "Command";
      input.command = name_of(command);
      if (input.command.empty()) return {};
      break;
    }
    default:
      return {};
  }
  gst_navigation_event_parse_modifier_state(event, &state);
  input.modifiers = nicks_of(state);
  return input;
}

}  // namespace rtc
