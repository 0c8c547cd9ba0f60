// What goes over a control channel: the data channel labelled "control" (reliable, ordered) that a
// publisher makes for each viewer that may steer it. Every message is one JSON object in a text
// message of at most 16384 bytes. This page is all that an implementation in another language
// needs; what is here is pure: no channel, no clock, no GStreamer.
//
// Of the viewer, as gst-plugins-rs' webrtcsink has it (so that gstwebrtc-api's RemoteController and
// webrtcsrc work with it, and rtcsrc with webrtcsink):
//   {"id":N,"mid":"video0","request":{...}}
//       N is the viewer's own count. "mid" names the track it is about (a=mid of the description);
//       without it, it is about all of them. The request may also be a JSON text in a string.
//     {"type":"navigationEvent","event":{"event":"MouseMove","x":1.5,"y":2,"modifier_state":""}}
//       "event" is KeyPress or KeyRelease (key, a keysym's name), MouseMove, MouseButtonPress or
//       MouseButtonRelease (x, y, button), MouseScroll (x, y, delta_x, delta_y), TouchDown or
//       TouchMotion (identifier, x, y, pressure), TouchUp (identifier, x, y), TouchFrame,
//       TouchCancel, Command (command: Menu1 to Menu7, Left, Right, Up, Down, Activate, PrevAngle
//       or NextAngle). Coordinates are pixels of the video as the viewer gets it. The modifiers are
//       nicks of GstNavigationModifierType, joined by "+".
//     {"type":"customUpstreamEvent","structureName":"name","structure":{"field":1}}
// Ours, for recorded media (rtcsink control=playback):
//     {"type":"play"} {"type":"pause"} {"type":"next"}
//     {"type":"seek","position":12.5}    seconds from the beginning
//     {"type":"rate","rate":2}           0.125 to 8; 1 is the usual speed, and the only one with
//                                        sound
//     {"type":"loop","loop":true}        whether it begins again at its end
//
// Of the publisher:
//   {"type":"ControlResponseMessage","id":N,"error":"<words for the viewer's user>"}
//       Answers every request that has an id; "error" is null when it was carried out.
//   {"type":"playback","state":"playing","position":12.5,"duration":60,"rate":1,"loop":false,
//    "seekable":true}
//       (ours) After every change, and every second. "state" is playing or paused; position and
//       duration are seconds, the latter null where it is not known. Without "seekable" there is no
//       timeline (live media), and every request about playback is refused.
// Messages of other types are to be ignored.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.hpp"

namespace rtc {

constexpr const char *control_label = "control";
constexpr size_t largest_control_message = 16384;
constexpr double lowest_playback_rate = 0.125, highest_playback_rate = 8;

struct NavigationInput {
  std::string event;
  std::string key;
  std::string modifiers;
  double x = 0, y = 0;
  double delta_x = 0, delta_y = 0;
  double pressure = 0;
  int button = 0;
  unsigned identifier = 0;
  std::string command;
};

// In the order of GstNavigationCommand's values.
inline constexpr std::array navigation_commands = {
    "Menu1", "Menu2", "Menu3", "Menu4", "Menu5",    "Menu6",     "Menu7",
    "Left",  "Right", "Up",    "Down",  "Activate", "PrevAngle", "NextAngle"};

struct CustomInput {
  std::string name;       // of a structure, as GStreamer allows it
  std::string structure;  // a JSON object
};

struct PlaybackRequest {
  enum class Kind { play, pause, next, seek, rate, loop };
  Kind kind = Kind::play;
  std::chrono::nanoseconds position{0};
  double rate = 1;
  bool loop = false;
};

struct ControlRequest {
  uint64_t id = 0;
  std::string mid;  // empty: all tracks
  // An Error: it was not understood, which is the answer.
  std::variant<Error, NavigationInput, CustomInput, PlaybackRequest> what;
};

struct ControlResponse {
  uint64_t id = 0;
  std::optional<std::string> error;
};

struct PlaybackState {
  bool playing = false;
  bool seekable = false;
  bool loop = false;
  double rate = 1;
  std::chrono::nanoseconds position{0};
  std::optional<std::chrono::nanoseconds> duration;
};

// Of another type: to be ignored.
struct ControlUnknown {};
using ControlMessage = std::variant<ControlUnknown, ControlResponse, PlaybackState>;

// Its "type"; empty when it was not understood.
std::string type_of(const ControlRequest &request);

// What a viewer sent; an Error when it has no id to answer.
Result<ControlRequest> read_control_request(std::string_view text);
// What a publisher sent.
Result<ControlMessage> read_control_message(std::string_view text);

std::string write(const ControlRequest &request);
std::string write(const ControlResponse &response);
std::string write(const PlaybackState &state);

}  // namespace rtc
