/** Plays three short tones. Browsers allow sound only after the reader has pressed something on the page. */
export function ring(): void {
  const context = new AudioContext()
  const volume = context.createGain()
  volume.gain.value = 0.15
  volume.connect(context.destination)
  for (const [at, hertz] of [659, 784, 988].entries()) {
    const tone = context.createOscillator()
    tone.frequency.value = hertz
    tone.connect(volume)
    tone.start(context.currentTime + 0.25 * at)
    tone.stop(context.currentTime + 0.25 * at + 0.2)
    if (at === 2) tone.onended = () => void context.close()
  }
}
