// What the tests of calls do on the page: media that can be told apart, and what became of calls.

/** In the page: media whose tone tells who sends it. */
export function install(frequency, hasAudioContext) {
  window.synthetic = async (video = true) => {
    const picture = video ? [window.picture()] : [];
    if (!hasAudioContext) return new MediaStream([...(await navigator.mediaDevices.getUserMedia({ audio: true })).getTracks(), ...picture]);
    window.audio ??= new AudioContext();
    const tone = new OscillatorNode(window.audio, { frequency });
    const out = new MediaStreamAudioDestinationNode(window.audio);
    tone.connect(out);
    tone.start();
    return new MediaStream([...out.stream.getTracks(), ...picture]);
  };
  window.picture = () => {
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    let hue = 0;
    setInterval(() => {
      context.fillStyle = `hsl(${(hue += 7) % 360} 80% 50%)`;
      context.fillRect(0, 0, canvas.width, canvas.height);
    }, 33);
    return canvas.captureStream(30).getVideoTracks()[0];
  };
  const energy = async (call) => {
    for (const one of (await call.peerConnection.getStats()).values()) if (one.type === 'inbound-rtp' && one.totalAudioEnergy) return one.totalAudioEnergy;
    return 0;
  };
  // The loudest frequency of what the other side sends; null where it can only be told that there is sound.
  window.heard = async (call) => {
    if (hasAudioContext) return window.analyzed(call);
    for (let before = await energy(call); await energy(call) <= before;) await new Promise((resolve) => { setTimeout(resolve, 200); });
    return null;
  };
  window.analyzed = (call) => new Promise((resolve) => {
    window.audio ??= new AudioContext();
    // Chromium decodes no sound of a stream that plays nowhere.
    window.loudspeaker ??= Object.assign(new Audio(), { muted: true });
    window.loudspeaker.srcObject = call.stream;
    window.loudspeaker.play().catch(() => {});
    const source = new MediaStreamAudioSourceNode(window.audio, { mediaStream: call.stream });
    const analyser = new AnalyserNode(window.audio, { fftSize: 8192, smoothingTimeConstant: 0 });
    source.connect(analyser);
    const bins = new Float32Array(analyser.frequencyBinCount);
    const look = () => {
      analyser.getFloatFrequencyData(bins);
      const best = bins.reduce((most, value, index) => (value > bins[most] ? index : most), 0);
      if (bins[best] > -60) resolve((best * window.audio.sampleRate) / analyser.fftSize);
      else setTimeout(look, 100);
    };
    look();
  });
  window.decoded = async (call) => {
    let frames = 0;
    for (const one of (await call.peerConnection.getStats()).values()) if (one.type === 'inbound-rtp') frames += one.framesDecoded ?? 0;
    return frames;
  };
  // Every call that rings, and what became of it.
  window.rung = [];
  window.follow = (call) => {
    const record = { name: call.name, states: [call.state] };
    call.addEventListener('state', () => record.states.push(call.state));
    call.addEventListener('ended', ({ detail }) => Object.assign(record, { reason: detail.reason, error: detail.error?.message }));
    window.record = record;
    window.call = call;
    return call;
  };
  window.listen = async (name, answer) => {
    window.line = await window.rtcPage.room.receiveCalls((call) => {
      window.rung.push(window.follow(call).name);
      if (answer === 'accept') window.synthetic().then((stream) => call.accept({ stream }));
      else if (answer !== 'ring') call.reject(answer);
    }, { name });
  };
}
