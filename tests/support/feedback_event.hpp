// Transport-wide feedback as GStreamer's RTP session tells of it: a structure RTPTWCCPackets with
// an array of one structure per packet.
#pragma once

#include <gst/gst.h>

#include "base/ref.hpp"

namespace rtc::test {

class FeedbackEvent {
 public:
  FeedbackEvent() {
    G_GNUC_BEGIN_IGNORE_DEPRECATIONS
    array_ = g_value_array_new(0);
    G_GNUC_END_IGNORE_DEPRECATIONS
  }
  FeedbackEvent(const FeedbackEvent &) = delete;
  FeedbackEvent &operator=(const FeedbackEvent &) = delete;
  ~FeedbackEvent() {
    G_GNUC_BEGIN_IGNORE_DEPRECATIONS
    g_value_array_free(array_);
    G_GNUC_END_IGNORE_DEPRECATIONS
  }

  // Times in nanoseconds.
  void add(guint sequence, guint64 sent, guint64 arrived, bool lost) {
    add(gst_structure_new("RTPTWCCPacket", "seqnum", G_TYPE_UINT, sequence, "local-ts",
                          G_TYPE_UINT64, sent, "remote-ts", G_TYPE_UINT64, arrived, "size",
                          G_TYPE_UINT, 1000u, "lost", G_TYPE_BOOLEAN, gboolean(lost), nullptr));
  }
  // Takes the structure over.
  void add(GstStructure *packet) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&value, packet);
    add(value);
    g_value_unset(&value);
  }
  void add(const GValue &value) {
    G_GNUC_BEGIN_IGNORE_DEPRECATIONS
    g_value_array_append(array_, &value);
    G_GNUC_END_IGNORE_DEPRECATIONS
  }
  StructurePtr structure() const {
    StructurePtr result(gst_structure_new_empty("RTPTWCCPackets"));
    gst_structure_set(result.get(), "packets", g_type_from_name("GValueArray"), array_, nullptr);
    return result;
  }

 private:
  GValueArray *array_;
};

}  // namespace rtc::test
