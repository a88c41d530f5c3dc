import { connect } from 'node:net'

/** Sends these bytes as they are and answers the status of the reply; 0 when the connection ended without one. */
export function sendRaw(url: string, request: Buffer | string): Promise<number> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: 5_000 })
    let reply = ''
    socket.setEncoding('latin1').on('data', (text: string) => {
      reply += text
      if (reply.includes('\r\n')) socket.destroy()
    })
    socket.on('timeout', () => socket.destroy())
    // What counts is the reply; a server may reset what it has refused.
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(reply)?.[1] ?? 0)))
    socket.end(request)
  })
}
