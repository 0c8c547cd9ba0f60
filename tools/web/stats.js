// Readings of a connection under their W3C names, rates worked out from two readings.

const EMPTY = new Map();

function codecOf(report, stats) {
  const { mimeType = '', channels, sdpFmtpLine = '' } = report.get(stats.codecId) ?? {};
  return { codec: mimeType.split('/')[1] ?? null, channels: channels ?? null, sdpFmtpLine };
}

function selectedPair(report) {
  for (const stats of report.values()) {
    if (stats.type === 'transport' && stats.selectedCandidatePairId) return report.get(stats.selectedCandidatePairId);
  }
  for (const stats of report.values()) {
    if (stats.type === 'candidate-pair' && (stats.selected || (stats.nominated && stats.state === 'succeeded'))) return stats;
  }
  return undefined;
}

function remoteOf(report, stats) {
  const twin = report.get(stats.remoteId);
  if (twin) return twin;
  for (const other of report.values()) if (other.localId === stats.id) return other;
  return {};
}

const times = (factor, value) => (value === null ? null : factor * value);
const share = (part, rest) => (rest === null ? null : part + rest > 0 ? part / (part + rest) : 0);

/** Reads the statistics of one RTCPeerConnection, seen as a receiver or as a sender. */
export class StatsMeter {
  #pc;
  #type;
  #last = EMPTY;
  #reading = null;
  #when = -Infinity;

  /**
   * @param {RTCPeerConnection} pc
   * @param {"inbound-rtp"|"outbound-rtp"} type
   */
  constructor(pc, type) {
    this.#pc = pc;
    this.#type = type;
  }

  /**
   * A reading; what takes two to work out is null in the first. Callers within a quarter of a second
   * share one, so that rates stay meaningful.
   */
  read() {
    const now = performance.now();
    if (now - this.#when > 250 || !this.#reading) {
      this.#when = now;
      this.#reading = this.#take();
    }
    return this.#reading;
  }

  async #take() {
    const report = await this.#pc.getStats();
    const pair = selectedPair(report) ?? {};
    const result = {
      timestamp: Date.now(),
      roundTripTime: pair.currentRoundTripTime ?? null,
      localCandidateType: report.get(pair.localCandidateId)?.candidateType ?? null,
      remoteCandidateType: report.get(pair.remoteCandidateId)?.candidateType ?? null,
      availableOutgoingBitrate: pair.availableOutgoingBitrate ?? null,
      video: null,
      audio: null,
    };
    const seen = new Map();
    for (const stats of report.values()) {
      if (stats.type !== this.#type) continue;
      seen.set(stats.id, stats);
      const track = this.#track(report, stats, this.#last.get(stats.id));
      result.roundTripTime ??= track.roundTripTime;
      const kind = stats.kind === 'audio' ? 'audio' : 'video';
      // Of several tracks of a kind (simulcast, a replaced track) the busiest is shown.
      if (!result[kind] || track.bitrate > result[kind].bitrate) result[kind] = track;
    }
    this.#last = seen;
    return result;
  }

  #track(report, stats, last) {
    const remote = remoteOf(report, stats);
    const receiving = this.#type === 'inbound-rtp';
    const seconds = last ? (stats.timestamp - last.timestamp) / 1000 : 0;
    const rate = (name) => (seconds > 0 && name in stats ? Math.max(0, (stats[name] - (last[name] ?? 0)) / seconds) : null);
    const packets = rate(receiving ? 'packetsReceived' : 'packetsSent');
    const lost = rate('packetsLost');
    const common = {
      ...codecOf(report, stats),
      bitrate: times(8, rate(receiving ? 'bytesReceived' : 'bytesSent')),
      packetsLost: (receiving ? stats.packetsLost : remote.packetsLost) ?? null,
      // The share of the packets of the last interval that did not come.
      lossRate: receiving ? share(lost, packets) : remote.fractionLost ?? null,
      jitter: (receiving ? stats.jitter : remote.jitter) ?? null,
      roundTripTime: remote.roundTripTime ?? null,
    };
    return stats.kind === 'audio' ? { ...common, ...audioPart(stats) } : { ...common, ...videoPart(stats, rate) };
  }
}

function videoPart(stats, rate) {
  const frames = 'framesDecoded' in stats ? 'framesDecoded' : 'framesEncoded';
  return {
    width: stats.frameWidth ?? null,
    height: stats.frameHeight ?? null,
    framesPerSecond: rate(frames),
    frames: stats[frames] ?? 0,
    framesDropped: stats.framesDropped ?? null,
    freezeCount: stats.freezeCount ?? null,
    totalFreezesDuration: stats.totalFreezesDuration ?? null,
    // Of the frames of the last interval, on average.
    jitterBufferDelay: rate('jitterBufferEmittedCount') ? rate('jitterBufferDelay') / rate('jitterBufferEmittedCount') : null,
    implementation: stats.decoderImplementation ?? stats.encoderImplementation ?? null,
  };
}

function audioPart(stats) {
  return {
    audioLevel: stats.audioLevel ?? null,
    totalAudioEnergy: stats.totalAudioEnergy ?? null,
    concealedSamples: stats.concealedSamples ?? null,
  };
}
