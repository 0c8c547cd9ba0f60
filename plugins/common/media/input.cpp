#include "media/input.hpp"

#include <gst/video/video.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "base/log.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {
constexpr unsigned lowest_bitrate = 50000;
}

Input::Input(EventLoop &loop, MediaKind kind, std::string pad, Hooks hooks,
             std::shared_ptr<WorkerPool> pool, std::shared_ptr<Reaper> reaper)
    : loop_(loop),
      kind_(kind),
      pad_(std::move(pad)),
      hooks_(std::move(hooks)),
      pool_(std::move(pool)),
      reaper_(std::move(reaper)),
      ssrc_(std::max(1u, g_random_int())),
      timestamp_offset_(g_random_int()) {}

void Input::set_caps(const Ref<GstCaps> &caps) {
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    first = !caps_;
    caps_ = caps;
  }
  if (const auto *codec = codec_of_caps(caps.get()); codec && can_send(*codec))
    keep_passing(*codec);
  if (first) hooks_.caps_known();
}

void Input::keep_passing(const Codec &codec) {
  {
    std::lock_guard lock(mutex_);
    if (groups_.count(&codec)) return;
  }
  auto group = make_group(codec);
  if (!group) return hooks_.failed(codec, group.error());
  std::lock_guard lock(mutex_);
  groups_[&codec] = *group;
}

void Input::push(GstSample *sample, GstClockTimeDiff offset) {
  auto *buffer = gst_sample_get_buffer(sample);
  const auto groups = group_list();
  if (!buffer || groups.empty()) return;
  const auto running_time = gst_segment_to_running_time(gst_sample_get_segment(sample),
                                                        GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  if (!GST_CLOCK_TIME_IS_VALID(running_time)) return;
  const auto time = static_cast<GstClockTimeDiff>(running_time) + offset;
  if (time < 0) return;

  auto timed = adopt(gst_buffer_copy(buffer));
  GST_BUFFER_PTS(timed.get()) = static_cast<GstClockTime>(time);
  GST_BUFFER_DTS(timed.get()) = GST_CLOCK_TIME_NONE;
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  const auto shifted =
      adopt(gst_sample_new(timed.get(), gst_sample_get_caps(sample), &segment, nullptr));
  for (const auto &group : groups) group->push(shifted.get());
}

bool Input::drain(milliseconds deadline) {
  bool complete = true;
  for (const auto &group : group_list()) complete = group->drain(deadline) && complete;
  return complete;
}

bool Input::ready() const {
  std::lock_guard lock(mutex_);
  return bool(caps_);
}

std::vector<const Codec *> Input::codecs() const {
  const Codec *encoded = nullptr;
  {
    std::lock_guard lock(mutex_);
    encoded = codec_of_caps(caps_.get());
  }
  if (encoded) return can_send(*encoded) ? std::vector{encoded} : std::vector<const Codec *>{};
  std::vector<const Codec *> result;
  for (const auto *codec :
       kind_ == MediaKind::video ? settings_.video_codecs : settings_.audio_codecs)
    if (find_encoder(*codec) && can_send(*codec)) result.push_back(codec);
  return result;
}

std::string Input::missing_elements() const {
  const Codec *encoded = nullptr;
  {
    std::lock_guard lock(mutex_);
    encoded = codec_of_caps(caps_.get());
  }
  if (encoded) return encoded->payloader;
  std::vector<std::string> names;
  for (const auto *codec :
       kind_ == MediaKind::video ? settings_.video_codecs : settings_.audio_codecs)
    names.push_back(can_send(*codec) ? encoder_names(*codec) : codec->payloader);
  return join(names, ", ");
}

namespace {

// RFC 6184 section 8.1: profile_idc, constraint flags and level_idc of an encoded stream.
std::string profile_level_id(const GstStructure *caps) {
  static const struct {
    const char *profile;
    const char *id;
  } profiles[] = {{"constrained-baseline", "42e0"},
                  {"baseline", "4200"},
                  {"main", "4d00"},
                  {"constrained-high", "640c"},
                  {"high", "6400"}};
  const char *profile = gst_structure_get_string(caps, "profile");
  const char *level = gst_structure_get_string(caps, "level");
  if (!profile) return {};
  const auto idc = level ? std::lround(g_ascii_strtod(level, nullptr) * 10) : 31L;
  for (const auto &row : profiles)
    if (g_str_equal(profile, row.profile)) return format("%s%02lx", row.id, idc);
  return {};
}

}  // namespace

Ref<GstCaps> Input::offer_caps(const Codec &codec) const {
  auto caps = rtp_caps(codec, codec.payload_type, ssrc_);
  std::lock_guard lock(mutex_);
  if (caps_ && g_str_equal(codec.name, "H264") && codec_of_caps(caps_.get()) == &codec) {
    const auto id = profile_level_id(gst_caps_get_structure(caps_.get(), 0));
    if (!id.empty())
      gst_caps_set_simple(caps.get(), "profile-level-id", G_TYPE_STRING, id.c_str(), nullptr);
  }
  return caps;
}

Result<bool> Input::add(const Codec &codec, const std::shared_ptr<Outlet> &outlet) {
  lingering_.erase(&codec);
  std::shared_ptr<EncodeGroup> group;
  {
    std::lock_guard lock(mutex_);
    if (const auto found = groups_.find(&codec); found != groups_.end()) group = found->second;
  }
  // After the end of the stream and a seek back the encoder starts afresh.
  if (group && group->ended()) group.reset();
  if (!group) {
    auto made = make_group(codec);
    if (!made) return made.error();
    group = *made;
    bitrates_.erase(&codec);
    std::lock_guard lock(mutex_);
    groups_[&codec] = group;
  }
  group->add(outlet);
  return true;
}

void Input::remove(const std::shared_ptr<Outlet> &outlet) {
  for (const auto &group : group_list()) {
    group->remove(outlet);
    const auto *codec = &group->codec();
    if (!group->encoder() || group->viewers() > 0 || lingering_.count(codec)) continue;
    lingering_[codec] = loop_.after(settings_.linger, [weak = weak_from_this(), codec] {
      if (const auto self = weak.lock()) self->drop_unused(codec);
    });
  }
}

void Input::drop_unused(const Codec *codec) {
  lingering_.erase(codec);
  std::lock_guard lock(mutex_);
  const auto found = groups_.find(codec);
  if (found != groups_.end() && found->second->viewers() == 0) groups_.erase(found);
}

void Input::forget(const Codec &codec) {
  lingering_.erase(&codec);
  std::lock_guard lock(mutex_);
  groups_.erase(&codec);
}

void Input::refresh(const std::shared_ptr<Outlet> &outlet) {
  for (const auto &group : group_list()) group->refresh(outlet);
}

unsigned Input::nominal_bitrate(const Codec &codec) const {
  const bool passed = [&] {
    std::lock_guard lock(mutex_);
    return codec_of_caps(caps_.get()) == &codec;
  }();
  return passed ? 0 : encoder_options(codec).bitrate;
}

void Input::set_bitrate(const Codec &codec, unsigned bitrate) {
  const auto nominal = nominal_bitrate(codec);
  if (!nominal) return;
  const auto wanted = std::clamp(bitrate, std::min(nominal, lowest_bitrate), nominal);
  auto &set = bitrates_[&codec];
  // An encoder starts its rate control afresh: not for every small step.
  const auto difference = set > wanted ? set - wanted : wanted - set;
  if (set && difference < set / 32 && wanted != nominal) return;
  if (set == wanted) return;
  set = wanted;
  for (const auto &group : group_list())
    if (&group->codec() == &codec) group->set_bitrate(wanted);
}

std::vector<Input::GroupInfo> Input::groups() const {
  std::vector<GroupInfo> result;
  for (const auto &group : group_list())
    result.push_back({group->codec().name, group->encoder() ? group->encoder()->factory : "",
                      group->viewers(), bitrate_of(*group)});
  return result;
}

unsigned Input::bitrate_of(const EncodeGroup &group) const {
  if (!group.encoder()) return 0;
  const auto set = bitrates_.find(&group.codec());
  return set != bitrates_.end() ? set->second : nominal_bitrate(group.codec());
}

std::vector<std::shared_ptr<EncodeGroup>> Input::group_list() const {
  std::vector<std::shared_ptr<EncodeGroup>> result;
  std::lock_guard lock(mutex_);
  for (const auto &[codec, group] : groups_) result.push_back(group);
  return result;
}

EncoderOptions Input::encoder_options(const Codec &codec) const {
  if (codec.kind == MediaKind::audio) return {settings_.audio_bitrate, 0};
  EncoderOptions options{settings_.video_bitrate, 0};
  std::lock_guard lock(mutex_);
  GstVideoInfo info;
  if (!caps_ || !gst_video_info_from_caps(&info, caps_.get())) return options;
  const auto rate =
      info.fps_n > 0 && info.fps_d > 0 ? static_cast<double>(info.fps_n) / info.fps_d : 30.;
  // 0.07 bits per pixel: 2 Mbit/s for 1280x720 at 30 frames per second.
  if (!options.bitrate)
    options.bitrate =
        static_cast<unsigned>(std::clamp(0.0725 * info.width * info.height * rate, 100e3, 12e6));
  options.keyframe_distance = static_cast<unsigned>(
      std::max(1., rate * static_cast<double>(settings_.keyframe_interval.count()) / 1000));
  options.threads =
      encoder_threads(static_cast<unsigned>(info.width), static_cast<unsigned>(info.height),
                      std::thread::hardware_concurrency());
  return options;
}

Result<std::shared_ptr<EncodeGroup>> Input::make_group(const Codec &codec) {
  EncodeGroup::Settings settings;
  settings.codec = &codec;
  {
    std::lock_guard lock(mutex_);
    if (codec_of_caps(caps_.get()) != &codec) settings.encoder = find_encoder(codec);
  }
  settings.options = encoder_options(codec);
  settings.ssrc = ssrc_;
  settings.timestamp_offset = timestamp_offset_;
  settings.encoder_setup = [this](GstElement *encoder) { hooks_.encoder_setup(pad_, encoder); };
  settings.keyframe_upstream = hooks_.keyframe_upstream;
  settings.failed = [failed = hooks_.failed, &codec](const Error &error) { failed(codec, error); };
  RTC_INFO("%s: new encode group %s through %s", pad_.c_str(), codec.name,
           settings.encoder ? settings.encoder->factory : "pass-through");
  return EncodeGroup::create(std::move(settings), pool_, reaper_);
}

}  // namespace rtc
