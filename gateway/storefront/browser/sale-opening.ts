/**
 * Counts down to an instant, in the gateway's time: `now` is the gateway's clock at its answer. Calls once a second with the text, then
 * `open` a random moment after the end, so that not all pages ask at once. Returns a function that stops it.
 */
export function countDown(
  { opensAt, now }: { opensAt: string; now: string | null },
  { show, open }: { show(words: string): void; open(): void },
): () => void {
  const begunAt = performance.now()
  const left = Date.parse(opensAt) - (now === null ? Date.now() : Date.parse(now))
  const tick = (): void => {
    const remaining = left - (performance.now() - begunAt)
    if (remaining <= 0) {
      clearInterval(timer)
      opening = setTimeout(open, 2_000 * Math.random())
    }
    show(durationText(Math.max(0, remaining)))
  }
  let opening: ReturnType<typeof setTimeout> | undefined
  const timer = setInterval(tick, 1_000)
  tick()
  return () => {
    clearInterval(timer)
    clearTimeout(opening)
  }
}

/** `2 d 04:05:09`, `04:05:09`, `5:09`. */
export function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1_000)
  const two = (value: number): string => String(value).padStart(2, '0')
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ]
  const clock =
    days + hours > 0 ? `${two(hours)}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
  return days > 0 ? `${days} d ${clock}` : clock
}
