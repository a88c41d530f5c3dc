import { ask } from './api.ts'
import type { SeatChange, Snapshot } from './seat-map/states.ts'

type Areas = Snapshot['areas']

export interface SeatNews {
  /** Everything anew. `version`: of the layout whose seats are meant. */
  reset(snapshot: Snapshot, version: number): void
  /** These seats are in these states now. */
  changed(seats: readonly SeatChange[], areas: Areas | undefined): void
  /** `live`: by the stream. `late`: by questions every few seconds. `offline`: not at all. */
  mode(mode: 'live' | 'late' | 'offline'): void
}

const pollMs = 3_000
const retryStreamMs = 30_000

type SeatsReply = Snapshot & { readonly version: number }

/**
 * Follows the seats of an event: by its stream, and where that is refused by asking every three seconds. Ends while the page is hidden
 * away for good and begins again when it comes back. `position`: that of a snapshot that is known already.
 */
export function followSeats(eventId: string, position: string | null, news: SeatNews): void {
  const path = `/events/${encodeURIComponent(eventId)}/seats`
  let source: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let retryAt = 0

  const stop = (): void => {
    source?.close()
    source = undefined
    clearTimeout(timer)
  }

  const poll = async (): Promise<void> => {
    const answer = await ask<SeatsReply>('GET', path)
    if (answer.ok) {
      news.reset(answer.value, answer.value.version)
      news.mode('late')
    } else if (answer.problem.code === 'offline') news.mode('offline')
    if (source !== undefined) return
    if (performance.now() >= retryAt) open(null)
    else timer = setTimeout(() => void poll(), pollMs * (0.8 + 0.4 * Math.random()))
  }

  const open = (from: string | null): void => {
    stop()
    const opened = new EventSource(from === null ? `${path}/stream` : `${path}/stream?from=${encodeURIComponent(from)}`)
    source = opened
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
      // Between two tries the browser connects again by itself; after a refusal it never does.
      if (opened.readyState !== EventSource.CLOSED) {
        news.mode(navigator.onLine ? 'late' : 'offline')
        return
      }
      stop()
      retryAt = performance.now() + retryStreamMs
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
