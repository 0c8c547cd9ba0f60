#include "media/input.hpp"

#include <gst/video/video.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "base/log.hpp"
#include "base/text.hpp"

namespace rtc {

namespace {
constexpr unsigned lowest_bitrate = 50000, lowest_audio_bitrate = 6000;
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

void Input::configure(const EncodingSettings &settings) {
  std::lock_guard lock(mutex_);
  settings_ = settings;
}

void Input::set_renditions(std::vector<Rendition> renditions) {
  std::lock_guard lock(mutex_);
  own_renditions_ = std::move(renditions);
}

void Input::set_caps(const Ref<GstCaps> &caps) {
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    first = !caps_;
    caps_ = caps;
  }
  if (kind_ == MediaKind::video) plan(caps.get());
  if (const auto *codec = codec_of_caps(caps.get()); codec && can_send(*codec))
    keep_passing(*codec);
  if (first) hooks_.caps_known();
}

// The encoders that run go on with the new picture.
void Input::plan(GstCaps *caps) {
  GstVideoInfo info;
  Picture picture;
  if (!codec_of_caps(caps) && gst_video_info_from_caps(&info, caps))
    picture = {
        static_cast<unsigned>(info.width), static_cast<unsigned>(info.height),
        info.fps_n > 0 && info.fps_d > 0 ? static_cast<double>(info.fps_n) / info.fps_d : 30.};
  std::vector<std::string> too_large;
  Groups groups;
  std::vector<Encoding> encodings;
  {
    std::lock_guard lock(mutex_);
    picture_ = picture;
    plan_ = plan_renditions(own_renditions_.empty() ? settings_.renditions : own_renditions_,
                            picture, settings_.video_bitrate);
    for (const auto &rendition : plan_.left_out)
      if (std::find(left_out_.begin(), left_out_.end(), rendition) == left_out_.end())
        too_large.push_back(to_text(rendition));
    left_out_.insert(left_out_.end(), plan_.left_out.begin(), plan_.left_out.end());
    groups = groups_;
    encodings = plan_.encodings;
  }
  for (const auto &[choice, group] : groups)
    if (group->encoder() && choice.rendition < encodings.size())
      group->resize(encodings[choice.rendition]);
  if (!too_large.empty() && hooks_.warned)
    hooks_.warned(
        {Error::Kind::settings,
         format("%s: what comes in has %ux%u pixels and is never made larger; left out "
                "of the renditions: %s.",
                pad_.c_str(), picture.width, picture.height, join(too_large, ", ").c_str()),
         "renditions"});
}

void Input::keep_passing(const Codec &codec) {
  {
    std::lock_guard lock(mutex_);
    if (groups_.count({&codec})) return;
  }
  auto group = make_group({&codec}, 0);
  if (!group) return hooks_.failed(codec, 0, group.error());
  std::lock_guard lock(mutex_);
  groups_[{&codec}] = *group;
}

void Input::push(GstSample *sample, GstClockTimeDiff offset) {
  auto *buffer = gst_sample_get_buffer(sample);
  const auto groups = groups_now();
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
  for (const auto &[choice, group] : groups) group->push(shifted.get());
}

bool Input::drain(milliseconds deadline) {
  bool complete = true;
  for (const auto &[choice, group] : groups_now()) complete = group->drain(deadline) && complete;
  return complete;
}

void Input::rewind() {
  lingering_.clear();
  bitrates_.clear();
  losses_.clear();
  Groups ended;
  std::lock_guard lock(mutex_);
  ended.swap(groups_);
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

std::vector<Encoding> Input::encodings() const {
  std::lock_guard lock(mutex_);
  return plan_.encodings;
}

bool Input::passes(const Codec &codec) const {
  std::lock_guard lock(mutex_);
  return codec_of_caps(caps_.get()) == &codec;
}

bool Input::is_encoded() const {
  std::lock_guard lock(mutex_);
  return codec_of_caps(caps_.get());
}

Picture Input::picture() const {
  std::lock_guard lock(mutex_);
  return picture_;
}

Result<std::shared_ptr<EncodeGroup>> Input::group_for(const Choice &choice, unsigned bitrate) {
  lingering_.erase(choice);
  {
    std::lock_guard lock(mutex_);
    const auto found = groups_.find(choice);
    // After the end of the stream and a seek back the encoder starts afresh.
    if (found != groups_.end() && !found->second->ended()) return found->second;
  }
  auto made = make_group(choice, bitrate);
  if (!made) return made;
  if (bitrate)
    bitrates_[choice] = within_limits(choice, bitrate);
  else
    bitrates_.erase(choice);
  losses_.erase(choice);
  std::lock_guard lock(mutex_);
  groups_[choice] = *made;
  return made;
}

Result<bool> Input::add(const Choice &choice, unsigned bitrate,
                        const std::shared_ptr<Outlet> &outlet) {
  const auto group = group_for(choice, bitrate);
  if (!group) return group.error();
  (*group)->add(outlet);
  return true;
}

Result<bool> Input::change(const Choice &choice, unsigned bitrate,
                           const std::shared_ptr<Outlet> &outlet) {
  const auto group = group_for(choice, bitrate);
  if (!group) return group.error();
  (*group)->await(outlet);
  settle(outlet);
  return true;
}

void Input::settle(const std::shared_ptr<Outlet> &outlet) {
  for (const auto &[choice, group] : groups_now())
    if (!outlet->takes(group->id())) take_out(choice, *group, outlet);
}

void Input::remove(const std::shared_ptr<Outlet> &outlet) {
  for (const auto &[choice, group] : groups_now()) take_out(choice, *group, outlet);
}

void Input::take_out(const Choice &choice, EncodeGroup &group,
                     const std::shared_ptr<Outlet> &outlet) {
  group.remove(outlet);
  if (!group.encoder() || group.viewers() > 0 || lingering_.count(choice)) return;
  const auto linger = [&] {
    std::lock_guard lock(mutex_);
    return settings_.linger;
  }();
  lingering_[choice] = loop_.after(linger, [weak = weak_from_this(), choice] {
    if (const auto self = weak.lock()) self->drop_unused(choice);
  });
}

void Input::drop_unused(const Choice &choice) {
  lingering_.erase(choice);
  std::lock_guard lock(mutex_);
  const auto found = groups_.find(choice);
  if (found != groups_.end() && found->second->viewers() == 0) groups_.erase(found);
}

void Input::forget(const Choice &choice) {
  lingering_.erase(choice);
  std::lock_guard lock(mutex_);
  groups_.erase(choice);
}

void Input::refresh(const std::shared_ptr<Outlet> &outlet) {
  for (const auto &[choice, group] : groups_now()) group->refresh(outlet);
}

Encoding Input::encoding_of(const Choice &choice) const {
  std::lock_guard lock(mutex_);
  return plan_.encodings[std::min(choice.rendition, plan_.encodings.size() - 1)];
}

unsigned Input::nominal_bitrate(const Choice &choice) const {
  if (passes(*choice.codec)) return 0;
  if (kind_ == MediaKind::video) return encoding_of(choice).rendition.bitrate;
  std::lock_guard lock(mutex_);
  return settings_.audio_bitrate;
}

unsigned Input::within_limits(const Choice &choice, unsigned bitrate) const {
  const auto nominal = nominal_bitrate(choice);
  if (const auto *encoder = find_encoder(*choice.codec); !encoder || !*encoder->bitrate_property)
    return nominal;
  const auto lowest = kind_ == MediaKind::audio ? lowest_audio_bitrate : lowest_bitrate;
  return std::clamp(bitrate, std::min(nominal, lowest), nominal);
}

void Input::set_bitrate(const Choice &choice, unsigned bitrate) {
  const auto nominal = nominal_bitrate(choice);
  if (!nominal) return;
  const auto wanted = within_limits(choice, bitrate);
  auto &set = bitrates_[choice];
  // An encoder starts its rate control afresh: not for every small step.
  const auto difference = set > wanted ? set - wanted : wanted - set;
  if (set && difference < set / 32 && wanted != nominal) return;
  if (set == wanted) return;
  set = wanted;
  const auto groups = groups_now();
  const auto found = groups.find(choice);
  if (found == groups.end()) return;
  found->second->set_bitrate(wanted);
  // Silence sounds better when it is sent, where there is room for it.
  found->second->set_dtx(wanted < nominal);
}

void Input::set_loss(const Choice &choice, unsigned percent) {
  if (auto &set = losses_[choice]; std::exchange(set, percent) == percent) return;
  const auto groups = groups_now();
  if (const auto found = groups.find(choice); found != groups.end())
    found->second->set_loss(percent);
}

std::vector<Input::GroupInfo> Input::groups() const {
  std::vector<GroupInfo> result;
  for (const auto &[choice, group] : groups_now())
    result.push_back({choice.codec->name, group->encoder() ? group->encoder()->factory : "",
                      group->viewers(), group->encoder() ? bitrate(choice) : 0,
                      group->encoder() ? encoding_of(choice).rendition : Rendition{}});
  return result;
}

unsigned Input::bitrate(const Choice &choice) const {
  const auto set = bitrates_.find(choice);
  return set != bitrates_.end() ? set->second : nominal_bitrate(choice);
}

Input::Groups Input::groups_now() const {
  std::lock_guard lock(mutex_);
  return groups_;
}

EncoderOptions Input::encoder_options(const Choice &choice, const Encoding &encoding) const {
  std::lock_guard lock(mutex_);
  if (choice.codec->kind == MediaKind::audio) return {settings_.audio_bitrate, 0};
  const auto &rendition = encoding.rendition;
  EncoderOptions options{rendition.bitrate, 0};
  if (!rendition.width) return options;
  const auto framerate = rendition.framerate ? rendition.framerate : picture_.framerate;
  options.keyframe_distance = static_cast<unsigned>(
      std::max(1., framerate * static_cast<double>(settings_.keyframe_interval.count()) / 1000));
  options.threads =
      encoder_threads(rendition.width, rendition.height, std::thread::hardware_concurrency());
  return options;
}

Result<std::shared_ptr<EncodeGroup>> Input::make_group(const Choice &choice, unsigned bitrate) {
  const auto &codec = *choice.codec;
  EncodeGroup::Settings settings;
  settings.codec = &codec;
  if (!passes(codec)) settings.encoder = find_encoder(codec);
  settings.encoding = encoding_of(choice);
  settings.options = encoder_options(choice, settings.encoding);
  if (bitrate && settings.encoder) settings.options.bitrate = within_limits(choice, bitrate);
  settings.ssrc = ssrc_;
  settings.timestamp_offset = timestamp_offset_;
  settings.encoder_setup = [this](GstElement *encoder) { hooks_.encoder_setup(pad_, encoder); };
  settings.keyframe_upstream = hooks_.keyframe_upstream;
  settings.failed = [failed = hooks_.failed, choice](const Error &error) {
    failed(*choice.codec, choice.rendition, error);
  };
  RTC_INFO("%s: new encode group %s %s through %s", pad_.c_str(), codec.name,
           to_text(settings.encoding.rendition).c_str(),
           settings.encoder ? settings.encoder->factory : "pass-through");
  return EncodeGroup::create(std::move(settings), pool_, reaper_);
}

}  // namespace rtc
