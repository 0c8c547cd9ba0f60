// The data pads of a ReceivingElement.
#include <algorithm>

#include "base/text.hpp"
#include "element_error.hpp"
#include "receiving_element.hpp"

namespace rtc {

namespace {
// Each has a thread; a publisher with more of them has them closed.
constexpr size_t most_pads = 64;
constexpr DataSourcePads::Settings source_settings{"data_%u", false, most_pads, most_pads,
                                                   16 * 1024 * 1024};
}  // namespace

ReceivingElement::ReceivingElement(GstElement *element)
    : element_(element),
      pads_(element, "_", times_),
      data_sinks_(element, {false, true}, data_sink_hooks()),
      data_sources_(element, source_settings, data_source_hooks()) {}

DataSinkPads::Hooks ReceivingElement::data_sink_hooks() {
  DataSinkPads::Hooks hooks;
  hooks.loop = [this]() -> EventLoop & {
    if (!loop_) loop_.emplace("rtcsrc");
    return *loop_;
  };
  hooks.added = [this](const auto &feed) {
    if (receiver_) receiver_->add_feed(feed);
  };
  hooks.removed = [this](const auto &feed) {
    if (receiver_) receiver_->remove_feed(feed);
  };
  hooks.failed = [this](const Error &error) { post_error(element_, error); };
  hooks.warned = [this](const Error &error) { post_warning(element_, error); };
  hooks.disconnect = [this](const std::string &, const std::string &) { finish(); };
  hooks.ended = [] { return true; };
  return hooks;
}

DataSourcePad::Hooks ReceivingElement::data_source_hooks() {
  DataSourcePad::Hooks hooks;
  hooks.times = times_;
  hooks.failed = [this](const Error &error) { post_error(element_, error); };
  hooks.warned = [this](const Error &error) { post_warning(element_, error); };
  hooks.post = [this](std::function<void()> task) { loop_->post(std::move(task)); };
  return hooks;
}

bool ReceivingElement::wants_label(const std::string &label) const {
  const auto wanted = split(settings.copy().data_labels, ',');
  // What steers the publisher is none of the pipeline's data, unless it is asked for.
  if (wanted.empty()) return label != control_label;
  return std::find(wanted.begin(), wanted.end(), label) != wanted.end();
}

bool ReceivingElement::channel_opened(const std::string &peer,
                                      const std::shared_ptr<DataChannel> &channel) {
  if (wants_label(channel->label())) return data_sources_.attach(publisher_key, channel, peer);
  if (channel->label() != control_label) return false;
  control_->attach(channel);
  return true;
}

}  // namespace rtc
