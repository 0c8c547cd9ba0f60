// The data pads of a ReceivingElement.
#include <algorithm>

#include "base/text.hpp"
#include "element_error.hpp"
#include "receiving_element.hpp"

namespace rtc {

namespace {
// Each has a thread; a publisher with more of them has them closed.
constexpr size_t most_pads = 64;
}  // namespace

std::shared_ptr<DataSourcePad> ReceivingElement::data_pad(const std::string &label) {
  const auto wanted = split(settings.copy().data_labels, ',');
  if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), label) == wanted.end())
    return nullptr;
  size_t index = 0;
  {
    std::lock_guard lock(mutex_);
    for (const auto &pad : data_pads_)
      if (pad->label() == label) return pad;
    index = data_pads_.size();
  }
  if (index >= most_pads) return nullptr;
  return add_data_pad(label, format("data_%zu", index));
}

std::shared_ptr<DataSourcePad> ReceivingElement::add_data_pad(const std::string &label,
                                                              const std::string &name) {
  DataSourcePad::Hooks hooks;
  hooks.failed = [this](const Error &error) { post_error(element_, error); };
  hooks.warned = [this](const Error &error) { post_warning(element_, error); };
  hooks.post = [this](std::function<void()> task) { loop_->post(std::move(task)); };
  hooks.running_time = [this] { return gst_element_get_current_running_time(element_); };
  auto *pad_template =
      gst_element_class_get_pad_template(GST_ELEMENT_GET_CLASS(element_), "data_%u");
  const auto pad = DataSourcePad::create(pad_template, name.c_str(), label, std::move(hooks));
  {
    std::lock_guard lock(mutex_);
    data_pads_.push_back(pad);
  }
  gst_element_add_pad(element_, pad->pad());
  return pad;
}

void ReceivingElement::channel_opened(const std::shared_ptr<DataChannel> &channel) {
  if (const auto pad = data_pad(channel->label()))
    pad->attach(channel);
  else
    channel->close();
}

}  // namespace rtc
