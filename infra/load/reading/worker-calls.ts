import type { Bus } from '#shared/messaging/bus.ts'
import { decodeJson } from '#shared/messaging/message.ts'

const answerWithinMs = 2_000

/** How many requests the one event worker has answered so far, by what NATS' own service protocol says. */
export function eventWorkerCalls(bus: Bus): Promise<number> {
  return new Promise((resolve, reject) => {
    const tooLate = setTimeout(() => {
      answers.cancel()
      reject(new Error('the event worker does not tell its statistics'))
    }, answerWithinMs)
    const answers = bus.requestMany('$SRV.STATS.event', new Uint8Array(), ({ payload }) => {
      clearTimeout(tooLate)
      answers.cancel()
      const { endpoints } = decodeJson(payload) as {
        endpoints: readonly { num_requests: number }[]
      }
      resolve(endpoints.reduce((sum, endpoint) => sum + endpoint.num_requests, 0))
    })
  })
}
