#include "data_sink_pads.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rtc {

DataSinkPads::DataSinkPads(GstElement *element, const Settings &settings, Hooks hooks)
    : element_(element), settings_(settings), hooks_(std::move(hooks)) {}

std::vector<DataSinkPads::PadPtr> DataSinkPads::pads() const {
  std::lock_guard lock(mutex_);
  return pads_;
}

std::string DataSinkPads::name_of(GstPadTemplate *pad_template, const char *wanted) {
  std::string name(GST_PAD_TEMPLATE_NAME_TEMPLATE(pad_template));
  {
    std::lock_guard lock(mutex_);
    unsigned index = next_;
    if (wanted) sscanf(wanted, name.c_str(), &index);
    name.replace(name.find("%u"), 2, std::to_string(index));
    next_ = std::max(next_, index + 1);
  }
  return adopt(gst_element_get_static_pad(element_, name.c_str())) ? "" : name;
}

GstPad *DataSinkPads::request(GstPadTemplate *pad_template, const char *name) {
  const auto pad_name = name_of(pad_template, name);
  if (pad_name.empty()) return nullptr;
  const auto feed = std::make_shared<DataFeed>(hooks_.loop(), pad_name,
                                               DataFeed::Hooks{hooks_.warned, hooks_.disconnect});
  const auto pad = std::make_shared<DataSinkPad>(
      settings_.end_element ? GST_BIN(element_) : nullptr, pad_template, pad_name.c_str(), feed);
  pad->on_end(hooks_.ended);
  pad->on_trouble(hooks_.failed, hooks_.warned);
  pad->set_group_offset(hooks_.group_offset);
  pad->on_begin([this, weak = std::weak_ptr(pad)] {
    if (const auto begun = weak.lock()) begin(begun);
  });
  {
    std::lock_guard lock(mutex_);
    pads_.push_back(pad);
  }
  gst_pad_set_active(pad->ghost(), TRUE);
  gst_element_add_pad(element_, pad->ghost());
  // Properties that a launch line gives to a pad are set upon this.
  gst_child_proxy_child_added(GST_CHILD_PROXY(element_), G_OBJECT(pad->ghost()), pad_name.c_str());
  return pad->ghost();
}

Result<bool> DataSinkPads::check_sync(const DataFeed &feed) const {
  const auto wanted = feed.sync_to();
  const auto possible = hooks_.media_pads ? hooks_.media_pads() : std::vector<std::string>();
  if (wanted.empty() || std::find(possible.begin(), possible.end(), wanted) != possible.end())
    return true;
  return Error{
      Error::Kind::settings,
      format("%s: sync-to is \"%s\", which is no video or audio pad that this element "
             "sends from; %s%s.",
             feed.pad().c_str(), wanted.c_str(),
             possible.empty() ? "unset it" : "set it to one of: ", join(possible, ", ").c_str()),
      "sync-to"};
}

Result<bool> DataSinkPads::configure(DataSinkPad &pad) const {
  if (const auto configured = pad.configure(settings_.waits_for_peer); !configured)
    return configured;
  if (const auto possible = check_sync(*pad.feed()); !possible) return possible;
  const auto [label, id] = std::pair{pad.feed()->channel().label, pad.feed()->channel().id};
  if (!reserved_.empty() && label == reserved_)
    return Error{
        Error::Kind::settings,
        "With control the label \"" + label + "\" is taken; give the data pad another one.",
        "label taken"};
  for (const auto &other : pads()) {
    if (other.get() == &pad || !other->configured() || other->is_apart_from(pad)) continue;
    if (other->feed()->channel().label == label)
      return Error{Error::Kind::settings,
                   "Two data pads have the label \"" + label + "\"; give each one of its own.",
                   "label taken"};
    if (id >= 0 && other->feed()->channel().id == id)
      return Error{Error::Kind::settings,
                   format("Two data pads have the id %d; give each one of its own.", id),
                   "id taken"};
  }
  return true;
}

void DataSinkPads::begin(const PadPtr &pad) {
  if (!running_ || pad->configured()) return;
  if (const auto configured = configure(*pad); !configured)
    return hooks_.failed(configured.error());
  hooks_.loop().call([&] { hooks_.added(pad->feed()); });
}

bool DataSinkPads::release(GstPad *ghost) {
  PadPtr pad;
  {
    std::lock_guard lock(mutex_);
    const auto found = std::find_if(pads_.begin(), pads_.end(),
                                    [&](const auto &p) { return p->ghost() == ghost; });
    if (found == pads_.end()) return false;
    pad = *found;
    pads_.erase(found);
  }
  pad->feed()->stop(true);
  hooks_.loop().call([&] { hooks_.removed(pad->feed()); });
  gst_pad_set_active(ghost, FALSE);
  gst_child_proxy_child_removed(GST_CHILD_PROXY(element_), G_OBJECT(ghost), GST_PAD_NAME(ghost));
  gst_element_remove_pad(element_, ghost);
  return true;
}

Result<DataSinkPads::Feeds> DataSinkPads::start(const std::string &reserved) {
  Feeds feeds;
  reserved_ = reserved;
  for (const auto &pad : pads()) {
    if (const auto configured = configure(*pad); !configured) return configured.error();
    pad->feed()->stop(false);
    feeds.push_back(pad->feed());
  }
  running_ = true;
  return feeds;
}

void DataSinkPads::stop() {
  running_ = false;
  for (const auto &pad : pads()) pad->feed()->stop(true);
}

void DataSinkPads::rewind() {
  for (const auto &pad : pads()) pad->rewind();
}

bool DataSinkPads::ended() const {
  const auto all = pads();
  return std::all_of(all.begin(), all.end(), [](const auto &pad) { return pad->ended(); });
}

}  // namespace rtc
