import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { fieldsOf, type HeaderLines } from '../header-lines.ts'

/** How long a connection without requests stays open, which its answers say. */
export const keepAliveSeconds = 65

const keepAliveLines = `Connection: keep-alive\r\nKeep-Alive: timeout=${keepAliveSeconds}\r\n`

/** Where Node keeps a head that is ready to be sent; `res.headersSent` says whether there is one. */
interface WithHead {
  _header: string
}

/**
 * As `res.writeHead`, byte for byte. Node examines each name and value and asks of each what it means, which takes a quarter of the
 * time of a short answer; this writes down what is known to be good. Whatever is unusual is left to Node. A 304 must have no body, and
 * the server must close idle connections after `keepAliveSeconds`, ask for nothing before a body, and count no requests of a socket.
 */
export function writeHead(
  { req, res }: { readonly req: IncomingMessage; readonly res: ServerResponse },
  status: number,
  lines: HeaderLines,
): void {
  if (!isUsual(req, res)) {
    res.writeHead(status, fieldsOf(lines))
    return
  }
  res.statusCode = status
  Object.assign(res, { _header: `${statusLine(status)}${lines}${lastLines()}` } satisfies WithHead)
}

/** An answer on a connection that stays open, of which nothing was said before. */
function isUsual({ httpVersion }: IncomingMessage, res: ServerResponse): boolean {
  return httpVersion === '1.1' && res.shouldKeepAlive && !res.headersSent && res.getHeaderNames().length === 0
}

const statusLines = new Map<number, string>()

function statusLine(status: number): string {
  const known = statusLines.get(status)
  if (known !== undefined) return known
  const line = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`
  statusLines.set(status, line)
  return line
}

let madeAt = 0
let madeLines = ''

/** What every head ends with: now, as HTTP writes it, and that the connection stays open. Made once a second. */
function lastLines(): string {
  const now = Math.floor(Date.now() / 1_000)
  if (now !== madeAt) {
    madeAt = now
    madeLines = `Date: ${new Date(now * 1_000).toUTCString()}\r\n${keepAliveLines}\r\n`
  }
  return madeLines
}
