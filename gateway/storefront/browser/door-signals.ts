/** How an answer sounds and feels: two tones that rise for `Enter`, one long low tone for all else. */

interface Signal {
  /** Hertz, and seconds for each. */
  readonly tones: readonly (readonly [hertz: number, seconds: number])[]
  /** Milliseconds of vibration and pause, in turn. */
  readonly vibration: readonly number[]
}

const enter: Signal = {
  tones: [
    [784, 0.12],
    [1_175, 0.2],
  ],
  vibration: [120],
}
const refuse: Signal = { tones: [[165, 0.7]], vibration: [300, 100, 300] }

let context: AudioContext | undefined

/** Browsers allow sound only from a press on, so each press calls this. */
export function allowSound(): void {
  context ??= new AudioContext()
  if (context.state === 'suspended') void context.resume()
}

export function signal(isEntering: boolean): void {
  const { tones, vibration } = isEntering ? enter : refuse
  // Not on every device; browsers ignore it before the first press.
  if ('vibrate' in navigator) navigator.vibrate([...vibration])
  if (context?.state !== 'running') return
  let at = context.currentTime
  for (const [hertz, seconds] of tones) {
    const tone = context.createOscillator()
    const volume = context.createGain()
    tone.type = 'square'
    tone.frequency.value = hertz
    volume.gain.value = 0.2
    tone.connect(volume).connect(context.destination)
    tone.start(at)
    tone.stop(at + seconds)
    at += seconds
  }
}
