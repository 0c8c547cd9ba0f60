// Which rendition of a video one viewer gets: the best one that its path takes. Down at once, up
// only when the estimate has been clearly above what the better one takes for some seconds, and for
// longer after a better one turned out to be too much. The application may fix a rendition or limit
// the choice. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace rtc {

class RenditionChoice {
 public:
  // What a rendition offers this viewer, bits per second.
  struct Offer {
    double need = 0;  // what its path must take; less, and the next one is better
    unsigned height = 0;
    double least = 0;  // what the encoder can be held to for this viewer alone
  };
  struct Limits {
    std::optional<size_t> fixed;  // index of the rendition
    unsigned max_height = 0;      // pixels; 0: any
    double max_bitrate = 0;       // bits per second; 0: any

    bool operator==(const Limits &) const = default;
  };

  // A change takes effect with the next choose().
  void limit(const Limits &limits) { limits_ = limits; }
  const Limits &limits() const { return limits_; }

  // The index into `offers`, best first, of which there is one at least. Without an estimate: the
  // best. `contested`: another flow keeps the queue of the path full; the highest estimate then.
  size_t choose(const std::vector<Offer> &offers, std::optional<double> estimate, TimePoint now,
                std::optional<double> contested = {});

  size_t current() const { return current_; }
  // Of the last switch, in words; empty before.
  const std::string &reason() const { return reason_; }
  unsigned switches() const { return switches_; }

 private:
  size_t limited(const std::vector<Offer> &offers) const;
  size_t wanted(const std::vector<Offer> &offers, std::optional<double> estimate, TimePoint now,
                std::optional<double> contested, const char *&reason);
  bool may_rise(TimePoint now);

  Limits limits_;
  bool started_ = false;
  size_t current_ = 0;
  std::string reason_;
  unsigned switches_ = 0;
  std::optional<TimePoint> above_;  // since when the estimate allows a better one
  std::optional<TimePoint> rose_;   // last step up
  Duration patience_ = first_patience;

  static constexpr Duration first_patience = seconds(3);
};

}  // namespace rtc
