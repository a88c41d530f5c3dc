import { ask } from './api.ts'
import type { SeatChange, Snapshot } from './seat-map/states.ts'

type Areas = Snapshot['areas']

export interface SeatNews {
  /** Replaces everything. `version`: of the layout that numbers the seats. */
  reset(snapshot: Snapshot, version: number): void
  /** The new states of these seats. */
  changed(seats: readonly SeatChange[], areas: Areas | undefined): void
  /** `live`: by the stream. `late`: by polling every few seconds. `offline`: no updates. */
  mode(mode: 'live' | 'late' | 'offline'): void
}

const pollMs = 3_000
const retryStreamMs = 30_000
/** The gateway sends an event at least every 15 s. */
const silenceMs = 35_000

type SeatsReply = Snapshot & { readonly version: number }

/**
 * Follows the seats of an event through its stream, or if that is refused or silent by polling every three seconds. Stops while the page is in the
 * back-forward cache and starts again when it returns. `position`: of a snapshot that the page already has.
 */
export function followSeats(eventId: string, position: string | null, news: SeatNews): void {
  const path = `/events/${encodeURIComponent(eventId)}/seats`
  let source: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  let retryAt = 0
  let isPolling = false

  const stop = (): void => {
    source?.close()
    source = undefined
    clearTimeout(timer)
    clearTimeout(silence)
  }

  const poll = async (): Promise<void> => {
    if (isPolling) return
    isPolling = true
    const answer = await ask<SeatsReply>('GET', path)
    isPolling = false
    // The stream is back, and newer.
    if (source?.readyState === EventSource.OPEN) return
    if (answer.ok) {
      news.reset(answer.value, answer.value.version)
      news.mode('late')
    } else if (answer.problem.status !== 429) news.mode('offline')
    if (source !== undefined) return
    if (performance.now() >= retryAt) open(null)
    else timer = setTimeout(() => void poll(), pollMs * (0.8 + 0.4 * Math.random()))
  }

  const pollInstead = (): void => {
    stop()
    retryAt = performance.now() + retryStreamMs
    void poll()
  }

  const open = (from: string | null): void => {
    stop()
    const opened = new EventSource(from === null ? `${path}/stream` : `${path}/stream?from=${encodeURIComponent(from)}`)
    source = opened
    const heard = (): void => {
      clearTimeout(silence)
      silence = setTimeout(pollInstead, silenceMs)
    }
    for (const event of ['open', 'reset', 'seats', 'hold']) opened.addEventListener(event, heard)
    opened.addEventListener('open', () => news.mode('live'))
    opened.addEventListener('reset', ({ data }) => {
      const { seats, areas, version } = JSON.parse(data)
      news.reset({ states: seats, areas }, version)
    })
    opened.addEventListener('seats', ({ data }) => {
      const { seats, areas } = JSON.parse(data)
      news.changed(seats, areas)
    })
    opened.addEventListener('error', () => {
      // After an interruption the browser reconnects by itself; after a refusal it does not.
      if (opened.readyState === EventSource.CLOSED) return pollInstead()
      news.mode(navigator.onLine ? 'late' : 'offline')
      void poll()
    })
  }

  addEventListener('pagehide', stop)
  addEventListener('pageshow', (event) => {
    if (event.persisted) open(null)
  })
  addEventListener('online', () => {
    if (source === undefined) open(null)
  })
  open(position)
}
