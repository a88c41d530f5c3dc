import type { RequestListener } from 'node:http'
import { freePort, isListening } from '../../infra/system/free-port.ts'
import { bodyOf, listening } from './listening.ts'
import { until } from './until.ts'

/** Stands between the purchase worker and the payment sandbox and loses answers on demand. */
export interface LossyProxy {
  readonly url: string
  readonly port: number
  /** `POST /charges/…/capture` and the like, oldest first. */
  readonly requests: string[]
  /** The next answer to a path that ends so is lost on its way back; the request itself arrives. */
  loseNextAnswerTo(pathEnd: string): void
  /** The next answer to a path that ends so never comes, and nobody says so. */
  holdNextAnswerTo(pathEnd: string): void
  stop(): Promise<void>
}

/** `earlierPort` is where another one listened, whose clients should find this one; until then it is kept free. */
export async function startLossyProxy(target: string, earlierPort?: number): Promise<LossyProxy> {
  const requests: string[] = []
  const toLose: string[] = []
  const toHold: string[] = []
  const handle: RequestListener = async (request, response) => {
    const { method = '', url = '' } = request
    requests.push(`${method} ${url}`)
    const sent = await bodyOf(request)
    const { host, connection, 'content-length': length, ...headers } = request.headers
    const answer = await fetch(new URL(url, target), {
      method,
      headers: headers as Record<string, string>,
      ...(sent.length > 0 ? { body: new Uint8Array(sent) } : {}),
    }).catch(() => null)
    const body = Buffer.from((await answer?.arrayBuffer().catch(() => null)) ?? new ArrayBuffer())
    const lost = toLose.findIndex((end) => url.endsWith(end))
    if (answer === null || lost >= 0) {
      if (lost >= 0) toLose.splice(lost, 1)
      request.socket.destroy()
      return
    }
    const held = toHold.findIndex((end) => url.endsWith(end))
    if (held >= 0) {
      toHold.splice(held, 1)
      return
    }
    // Each answer ends its connection. Otherwise who asks after `stop` may not yet have heard that theirs is closed, and would not
    // know whether the question arrived.
    response.writeHead(answer.status, { 'content-type': 'application/json', connection: 'close' }).end(body)
  }
  const { url, port, stop: close } = await listening(handle, earlierPort ?? (await freePort()))
  const loseNextAnswerTo = (pathEnd: string) => toLose.push(pathEnd)
  const holdNextAnswerTo = (pathEnd: string) => toHold.push(pathEnd)
  const stop = async () => {
    await close()
    // A process that another thread is just starting has the listening socket too, until it runs its program: whoever connects
    // meanwhile is cut off later, and does not know whether the request arrived.
    await until('nobody listens', async () => !(await isListening({ host: '127.0.0.1', port })))
  }
  return { url, port, requests, loseNextAnswerTo, holdNextAnswerTo, stop }
}
