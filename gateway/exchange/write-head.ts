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
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}Date: ${httpDate()}\r\n${keepAliveLines}\r\n`
  Object.assign(res, { _header: head } satisfies WithHead)
}

/** An answer on a connection that stays open, of which nothing was said before. */
function isUsual({ httpVersion }: IncomingMessage, res: ServerResponse): boolean {
  return httpVersion === '1.1' && res.shouldKeepAlive && !res.headersSent && res.getHeaderNames().length === 0
}

let dateAt = 0
let dateText = ''

/** Now, as HTTP writes it; made once a second. */
function httpDate(): string {
  const now = Math.floor(Date.now() / 1_000)
  if (now !== dateAt) {
    dateAt = now
    dateText = new Date(now * 1_000).toUTCString()
  }
  return dateText
}
