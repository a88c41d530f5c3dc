import { connect } from 'node:net'

/** Sends these bytes as they are and answers the status of the reply; 0 when the connection ended without one. */
export async function sendRaw(url: string, request: Buffer | string): Promise<number> {
  const reply = await exchangeRaw(url, request, (text) => text.includes('\r\n'))
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(reply)?.[1] ?? 0)
}

/** Sends these bytes and answers what comes back until it is enough, or the connection ends. */
export function exchangeRaw(
  url: string,
  request: Buffer | string,
  isEnough: (reply: string) => boolean = () => false,
): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: 5_000 })
    let reply = ''
    socket.setEncoding('latin1').on('data', (text: string) => {
      reply += text
      if (isEnough(reply)) socket.destroy()
    })
    socket.on('timeout', () => socket.destroy())
    // What counts is the reply; a server may reset what it has refused.
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(reply))
    socket.write(request)
  })
}
