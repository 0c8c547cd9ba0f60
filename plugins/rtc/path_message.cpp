#include "path_message.hpp"

namespace rtc {

GstStructure *path_message(const std::string &session, const SelectedPair &path) {
  auto *message = gst_structure_new(
      "rtc-path", "session", G_TYPE_STRING, session.c_str(), "local-candidate-type", G_TYPE_STRING,
      path.local_type.c_str(), "remote-candidate-type", G_TYPE_STRING, path.remote_type.c_str(),
      "protocol", G_TYPE_STRING, path.protocol.c_str(), "local-address", G_TYPE_STRING,
      path.local_address.c_str(), "remote-address", G_TYPE_STRING, path.remote_address.c_str(),
      nullptr);
  if (!path.relay_protocol.empty())
    gst_structure_set(message, "relay-protocol", G_TYPE_STRING, path.relay_protocol.c_str(),
                      nullptr);
  return message;
}

GstStructure *healing_message(const std::string &session, const std::string &reason) {
  return gst_structure_new("rtc-healing", "session", G_TYPE_STRING, session.c_str(), "reason",
                           G_TYPE_STRING, reason.c_str(), nullptr);
}

GstStructure *healed_message(const std::string &session, milliseconds gap) {
  return gst_structure_new("rtc-healed", "session", G_TYPE_STRING, session.c_str(), "gap",
                           G_TYPE_UINT, static_cast<guint>(gap.count()), nullptr);
}

}  // namespace rtc
