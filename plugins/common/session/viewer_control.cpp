// How a Viewer steers what is published, over its control channel (control_protocol.hpp).
#include "base/log.hpp"
#include "base/text.hpp"
#include "session/viewer.hpp"

namespace rtc {

namespace {
// A viewer that asks faster than it can be answered, or does not take the answers.
constexpr size_t most_unanswered = 256;
constexpr size_t most_buffered = 256 * 1024;
}  // namespace

void Viewer::make_control() {
  if (!may_control_ || control_) return;
  DataChannelInit init;
  init.label = control_label;
  init.priority = GST_WEBRTC_PRIORITY_TYPE_HIGH;
  const auto made = session_->create_channel(init);
  if (!made) return listener_.viewer_refused_track(*this, made.error());
  control_ = *made;
  const auto weak = weak_from_this();
  control_->write({if_alive(weak, [](Viewer &self) { self.listener_.viewer_may_control(self); }),
                   [] {}, [](const std::string &) {}});
  control_->read({if_alive(weak, [](Viewer &self,
                                    const DataMessage &message) { self.heard_control(message); }),
                  [](const std::string &) {}});
}

void Viewer::tell(const std::string &text) {
  if (!control_ || !control_->is_open() || control_->buffered() > most_buffered) return;
  if (const auto sent = control_->send_text(text); !sent)
    RTC_INFO("%s: control: %s", id().c_str(), sent.error().message.c_str());
}

void Viewer::heard_control(const DataMessage &message) {
  // The viewer may have been given up with this message on its way.
  if (!control_) return;
  const auto request = read_control_request(message.view());
  if (!request) {
    RTC_INFO("%s: %s", id().c_str(), request.error().message.c_str());
    return;
  }
  const auto answer = [weak = weak_from_this(), id = request->id](const auto &error) {
    const auto self = weak.lock();
    if (!self) return;
    self->unanswered_--;
    self->tell(write(ControlResponse{id, error}));
  };
  unanswered_++;
  const auto targets = control_targets(request->mid);
  if (const auto *error = std::get_if<Error>(&request->what))
    return answer(std::optional(error->message));
  if (unanswered_ > most_unanswered)
    return answer(std::optional<std::string>("Too many requests wait for their answer."));
  if (targets.empty() && !request->mid.empty())
    return answer(std::optional(format("No track has the mid \"%s\".", request->mid.c_str())));
  listener_.viewer_requests(*this, *request, targets,
                            [&loop = loop_, answer](std::optional<std::string> error) {
                              loop.post([answer, error = std::move(error)] { answer(error); });
                            });
}

std::vector<ControlTarget> Viewer::control_targets(const std::string &mid) const {
  std::vector<ControlTarget> targets;
  for (const auto &track : tracks_) {
    gchar *own = nullptr;
    g_object_get(track->transceiver.get(), "mid", &own, nullptr);
    const CharPtr owned(own);
    if (!mid.empty() && (!own || mid != own)) continue;
    ControlTarget target{track->input->pad(), track->input->kind() == MediaKind::video};
    const auto encodings = track->input->encodings();
    const auto picture = track->input->picture();
    const auto &shown = encodings[std::min(track->rendition, encodings.size() - 1)].rendition;
    if (target.video && picture.width && shown.width && shown.height) {
      target.scale_x = double(picture.width) / shown.width;
      target.scale_y = double(picture.height) / shown.height;
    }
    targets.push_back(target);
  }
  return targets;
}

}  // namespace rtc
