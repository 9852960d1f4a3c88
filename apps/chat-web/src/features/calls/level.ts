/** How loud a microphone is, a few times a second. */

const EVERY_MS = 100

/** From silence to shouting as 0..1: the root mean square of samples, on a scale that ears would draw. */
export function loudness(samples: Float32Array): number {
  const mean = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length)
  const decibels = 10 * Math.log10(Math.max(mean, 1e-9))
  return Math.min(1, Math.max(0, (decibels + 60) / 60))
}

/** Tells until the result is called. */
export function listenTo(track: MediaStreamTrack, tell: (level: number) => void): () => void {
  const audio = new AudioContext()
  const analyser = audio.createAnalyser()
  audio.createMediaStreamSource(new MediaStream([track])).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    tell(loudness(samples))
  }, EVERY_MS)
  return () => {
    clearInterval(timer)
    void audio.close()
  }
}
