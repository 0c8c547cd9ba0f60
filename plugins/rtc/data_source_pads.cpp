#include "data_source_pads.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"

namespace rtc {

DataSourcePads::DataSourcePads(GstElement *element, const Settings &settings,
                               DataSourcePad::Hooks hooks)
    : element_(element), settings_(settings), hooks_(std::move(hooks)) {
  hooks_.running_time = [element] { return gst_element_get_current_running_time(element); };
  if (settings_.go_when_ended) hooks_.ended = [this](DataSourcePad &pad) { remove(pad); };
}

std::vector<DataSourcePads::PadPtr> DataSourcePads::pads() const {
  std::lock_guard lock(mutex_);
  return pads_;
}

bool DataSourcePads::empty() const { return pads().empty(); }

DataSourcePads::PadPtr DataSourcePads::find(const std::string &peer, const std::string &label,
                                            bool also_ending) const {
  for (const auto &pad : pads())
    if (pad->source().peer == peer && pad->source().label == label &&
        (also_ending || !pad->ending()))
      return pad;
  return nullptr;
}

DataSourcePads::PadPtr DataSourcePads::make(const std::string &peer, const std::string &label) {
  const auto all = pads();
  const auto of_peer = static_cast<size_t>(std::count_if(
      all.begin(), all.end(), [&](const auto &p) { return p->source().peer == peer; }));
  if (all.size() >= settings_.most || of_peer >= settings_.most_of_a_peer) {
    RTC_WARNING("no pad for the data channel \"%s\": there are %zu, %zu of them of this peer",
                label.c_str(), all.size(), of_peer);
    return nullptr;
  }
  std::string name(settings_.pad_template);
  {
    std::lock_guard lock(mutex_);
    name.replace(name.find("%u"), 2, std::to_string(next_++));
  }
  auto *pad_template =
      gst_element_class_get_pad_template(GST_ELEMENT_GET_CLASS(element_), settings_.pad_template);
  const auto pad =
      DataSourcePad::create(pad_template, name.c_str(), {peer, label, settings_.limit}, hooks_);
  {
    std::lock_guard lock(mutex_);
    pads_.push_back(pad);
  }
  gst_element_add_pad(element_, pad->pad());
  gst_child_proxy_child_added(GST_CHILD_PROXY(element_), G_OBJECT(pad->pad()), name.c_str());
  return pad;
}

void DataSourcePads::announce(const std::string &peer, const std::string &label) {
  if (!find(peer, label, true)) (void)make(peer, label);
}

bool DataSourcePads::attach(const std::string &peer, const std::shared_ptr<DataChannel> &channel,
                            const std::string &peer_id) {
  const auto label = channel->label();
  auto pad = find(peer, label, false);
  if (!pad) pad = make(peer, label);
  return pad && pad->attach(channel, peer_id);
}

void DataSourcePads::end(const std::string &peer) {
  for (const auto &pad : pads())
    if (peer.empty() || pad->source().peer == peer) pad->end();
}

void DataSourcePads::remove(DataSourcePad &pad) {
  PadPtr gone;
  {
    std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(pads_.begin(), pads_.end(), [&](const auto &p) { return p.get() == &pad; });
    if (found == pads_.end()) return;
    gone = *found;
    pads_.erase(found);
  }
  gst_child_proxy_child_removed(GST_CHILD_PROXY(element_), G_OBJECT(gone->pad()),
                                GST_PAD_NAME(gone->pad()));
  gst_pad_set_active(gone->pad(), FALSE);
  gst_element_remove_pad(element_, gone->pad());
}

void DataSourcePads::deactivate() {
  for (const auto &pad : pads()) {
    pad->stop();
    gst_pad_set_active(pad->pad(), FALSE);
  }
}

void DataSourcePads::clear() {
  std::vector<PadPtr> all;
  {
    std::lock_guard lock(mutex_);
    all = std::exchange(pads_, {});
    next_ = 0;
  }
  for (const auto &pad : all) gst_element_remove_pad(element_, pad->pad());
}

}  // namespace rtc
