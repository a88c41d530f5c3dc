import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'

export interface RawExchange {
  /** Ends the connection as soon as the reply is enough; by default when the server does. */
  readonly isEnough?: (reply: string) => boolean
  /** What is sent as soon as the reply has come so far. */
  readonly next?: { readonly after: string; readonly send: string }
}

/** A connection to the server of a URL, whose errors nobody hears. */
export function openSocket(url: string, options: Partial<TcpNetConnectOpts> = {}): Socket {
  const { hostname, port } = new URL(url)
  return connect({ host: hostname, port: Number(port), ...options }).on('error', () => undefined)
}

/** Sends these bytes as they are and answers the status of the reply; 0 when the connection ended without one. */
export async function sendRaw(url: string, request: Buffer | string): Promise<number> {
  const reply = await exchangeRaw(url, request, { isEnough: (text) => text.includes('\r\n') })
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(reply)?.[1] ?? 0)
}

/** Sends these bytes as they are and answers all that comes back. */
export function exchangeRaw(
  url: string,
  request: Buffer | string,
  { isEnough = () => false, next }: RawExchange = {},
): Promise<string> {
  return new Promise((resolve) => {
    // What counts is the reply; a server may reset what it has refused.
    const socket = openSocket(url, { timeout: 10_000 })
    let reply = ''
    let toSend = next
    socket.setEncoding('latin1').on('data', (text: string) => {
      reply += text
      if (isEnough(reply)) socket.destroy()
      if (toSend === undefined || !reply.includes(toSend.after)) return
      socket.write(toSend.send)
      toSend = undefined
    })
    socket.on('timeout', () => socket.destroy())
    socket.on('close', () => resolve(reply))
    socket.write(request)
  })
}
