// The data pads of a PublishingElement.
#include <algorithm>

#include "base/text.hpp"
#include "element_error.hpp"
#include "publishing_element.hpp"

namespace rtc {

namespace {
// Each has a thread, and what a viewer makes is not to become too much.
constexpr DataSourcePads::Settings source_settings{"data_src_%u", true, 16, 256, 1024 * 1024};
}  // namespace

PublishingElement::PublishingElement(GstElement *element, std::shared_ptr<ReceivedTimes> times)
    : element_(element),
      times_(std::move(times)),
      data_sinks_(element, {true, false}, data_sink_hooks()),
      data_sources_(element, source_settings, data_source_hooks()) {}

EventLoop &PublishingElement::loop() {
  if (!loop_) loop_.emplace(GST_OBJECT_NAME(gst_element_get_factory(element_)));
  return *loop_;
}

DataSinkPads::Hooks PublishingElement::data_sink_hooks() {
  DataSinkPads::Hooks hooks;
  hooks.loop = [this]() -> EventLoop & { return loop(); };
  hooks.added = [this](const auto &feed) {
    if (publisher_) publisher_->add_feed(feed);
  };
  hooks.removed = [this](const auto &feed) {
    if (publisher_) publisher_->remove_feed(feed);
  };
  hooks.failed = [this](const Error &error) { post_error(element_, error); };
  hooks.warned = [this](const Error &error) { post_warning(element_, error); };
  hooks.disconnect = [this](const std::string &session, const std::string &reason) {
    loop_->post([this, session, reason] {
      if (publisher_) publisher_->disconnect_viewer(session, reason);
    });
  };
  hooks.media_pads = [this] {
    std::vector<std::string> names;
    for (const auto &pad : pads()) names.push_back(pad->input()->pad());
    return names;
  };
  hooks.group_offset = [this] { return group_offset(); };
  hooks.ended = [this] {
    inputs_ended();
    return settings.copy().playback_uri.empty();
  };
  return hooks;
}

void PublishingElement::data_failed(const Error &error) { post_warning(element_, error); }

DataSourcePad::Hooks PublishingElement::data_source_hooks() {
  DataSourcePad::Hooks hooks;
  hooks.times = times_;
  hooks.warned = [this](const Error &error) { post_warning(element_, error); };
  hooks.failed = [this](const Error &error) { data_failed(error); };
  hooks.post = [this](std::function<void()> task) { loop_->post(std::move(task)); };
  return hooks;
}

GstClockTimeDiff PublishingElement::group_offset() const {
  std::lock_guard lock(mutex_);
  if (!GST_CLOCK_TIME_IS_VALID(epoch_)) return 0;
  return GST_CLOCK_DIFF(epoch_, gst_element_get_base_time(element_));
}

bool PublishingElement::viewer_channel(const std::string &, const std::string &peer,
                                       const std::shared_ptr<DataChannel> &channel) {
  const auto wanted = split(settings.copy().data_labels, ',');
  if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), channel->label()) == wanted.end())
    return false;
  return data_sources_.attach(peer, channel, peer);
}

}  // namespace rtc
