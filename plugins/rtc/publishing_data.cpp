// The data pads of a PublishingElement.
#include <algorithm>

#include "element_error.hpp"
#include "publishing_element.hpp"

namespace rtc {

std::vector<std::shared_ptr<DataSinkPad>> PublishingElement::data_pads() const {
  std::lock_guard lock(mutex_);
  return data_pads_;
}

Result<Viewer::Feeds> PublishingElement::configured_feeds() const {
  Viewer::Feeds feeds;
  std::set<std::string> labels;
  for (const auto &pad : data_pads()) {
    if (const auto configured = pad->configure(); !configured) return configured.error();
    const auto label = pad->feed()->channel().label;
    if (!labels.insert(label).second)
      return Error{Error::Kind::settings,
                   "Two data pads have the label \"" + label + "\"; give each one of its own.",
                   "label taken"};
    pad->feed()->stop(false);
    feeds.push_back(pad->feed());
  }
  return feeds;
}

GstPad *PublishingElement::request_data_pad(GstPadTemplate *pad_template, const char *name) {
  const auto pad_name = this->pad_name("data", name, next_data_);
  if (pad_name.empty()) return nullptr;
  if (!loop_) loop_.emplace("rtcsink");
  const auto feed = std::make_shared<DataFeed>(
      *loop_, pad_name, [this](const Error &error) { post_warning(element_, error); });
  auto pad = std::make_shared<DataSinkPad>(GST_BIN(element_), pad_template, pad_name.c_str(), feed);
  pad->on_end([this] { inputs_ended(); });
  {
    std::lock_guard lock(mutex_);
    data_pads_.push_back(pad);
  }
  announce_pad(pad->ghost());
  // Its properties are set by now only when it was requested by a launch line.
  if (const auto configured = pad->configure(); !configured)
    post_error(element_, configured.error());
  loop_->call([&] {
    if (publisher_) publisher_->add_feed(feed);
  });
  return pad->ghost();
}

bool PublishingElement::release_data_pad(GstPad *ghost) {
  std::shared_ptr<DataSinkPad> pad;
  {
    std::lock_guard lock(mutex_);
    const auto found = std::find_if(data_pads_.begin(), data_pads_.end(),
                                    [&](const auto &p) { return p->ghost() == ghost; });
    if (found == data_pads_.end()) return false;
    pad = *found;
    data_pads_.erase(found);
  }
  pad->feed()->stop(true);
  loop_->call([&] {
    if (publisher_) publisher_->remove_feed(pad->feed());
  });
  gst_pad_set_active(ghost, FALSE);
  gst_child_proxy_child_removed(GST_CHILD_PROXY(element_), G_OBJECT(ghost), GST_PAD_NAME(ghost));
  gst_element_remove_pad(element_, ghost);
  return true;
}

}  // namespace rtc
