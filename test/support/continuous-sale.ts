import { randomUUID } from 'node:crypto'
import { ask } from './http.ts'

export interface ContinuousSale {
  /** Ids of the bookings that buyers were told of so far. */
  readonly acknowledged: readonly string[]
  /** Waits for the requests under way. Throws when one was answered by anything but a booking, or that a busy machine was too slow for it. */
  stop(): Promise<void>
}

/** Buyers who buy a seat each, one after the other, until they are stopped or the house is sold out. */
export function startContinuousSale(
  url: string,
  { eventId, buyers = 3 }: { eventId: string; buyers?: number },
): ContinuousSale {
  const acknowledged: string[] = []
  let stopped = false
  const shop = async (): Promise<void> => {
    while (!stopped) {
      const { status, body, text } = await ask(`${url}/purchase`, {
        json: {
          event_id: eventId,
          best_available: { qty: 1 },
          payment_token: 'tok_ok',
          user_id: `buyer-${randomUUID()}`,
        },
      })
      const isLate = status === 202 || body?.retryable === true
      if (status !== 201 && !isLate) throw new Error(text)
      if (!isLate) acknowledged.push(body.id)
    }
  }
  const shopping = Promise.all(Array.from({ length: buyers }, shop))
  // Looked at in the end.
  shopping.catch(() => undefined)
  return {
    acknowledged,
    async stop() {
      stopped = true
      await shopping
    },
  }
}
