#include "source_pads.hpp"

#include "base/text.hpp"
#include "element_error.hpp"
#include "media/rising_times.hpp"

namespace rtc {

std::string SourcePads::name_of(MediaKind kind, const std::string &index) const {
  return to_string(kind) + infix_ + index;
}

std::vector<std::shared_ptr<SourcePad>> SourcePads::pads() const {
  std::lock_guard lock(mutex_);
  return pads_;
}

void SourcePads::flush() {
  for (const auto &pad : pads()) pad->flush();
}

bool SourcePads::empty() const { return pads().empty(); }

std::shared_ptr<SourcePad> SourcePads::find(MediaKind kind, unsigned index) const {
  const auto name = name_of(kind, std::to_string(index));
  for (const auto &pad : pads())
    if (name == GST_PAD_NAME(pad->pad())) return pad;
  return nullptr;
}

void SourcePads::add(const std::vector<ReceivedTrack> &tracks, milliseconds latency,
                     const SourcePad::Hooks &hooks) {
  for (const auto &track : tracks) {
    if (find(track.kind, track.index)) continue;
    auto *pad_template = gst_element_class_get_pad_template(GST_ELEMENT_GET_CLASS(element_),
                                                            name_of(track.kind, "%u").c_str());
    auto own = hooks;
    own.failed = [this](const Error &error) { post_error(element_, error); };
    const auto name = name_of(track.kind, std::to_string(track.index));
    auto pad = SourcePad::create(pad_template, name.c_str(), track.kind, latency, std::move(own));
    {
      std::lock_guard lock(mutex_);
      pads_.push_back(pad);
    }
    gst_element_add_pad(element_, pad->pad());
  }
}

void SourcePads::attach(const ReceivedTrack &track, GstElement *pipeline, const Ref<GstPad> &pad,
                        GstClockTime base_time) {
  const auto offset = GST_CLOCK_DIFF(gst_element_get_base_time(element_), base_time);
  const auto clock_rate = static_cast<unsigned>(track.codec->clock_rate);
  keep_times_rising(pad.get(), clock_rate);
  times_->follow(pad.get(), mid_of(pad.get()), clock_rate, offset);
  if (const auto ours = find(track.kind, track.index))
    ours->attach(*track.codec, pipeline, pad, offset);
}

void SourcePads::detach(bool final) {
  times_->clear();
  for (const auto &pad : pads()) {
    pad->detach();
    if (final) pad->end();
  }
}

void SourcePads::deactivate() {
  for (const auto &pad : pads()) gst_pad_set_active(pad->pad(), FALSE);
}

void SourcePads::stop() {
  for (const auto &pad : pads()) pad->stop();
}

void SourcePads::remove() {
  std::vector<std::shared_ptr<SourcePad>> pads;
  {
    std::lock_guard lock(mutex_);
    pads = std::exchange(pads_, {});
  }
  for (const auto &pad : pads) gst_element_remove_pad(element_, pad->pad());
  times_->clear();
}

}  // namespace rtc
