import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ErrorCode } from '#shared/errors.ts'
import { dataHeaders, newRequestId } from './exchange/observe.ts'
import type { GatewayMetrics } from './metrics.ts'
import { problemOf, problemText } from './problems.ts'

/** What the request line and the headers may have together; 1,000 ids of `GET /availability` are 37,000 bytes. */
export const maxHeadBytes = 49_152

/** What Node says for `clientError`. */
interface ClientError extends Error {
  readonly code?: string
  /** In its parser's words, none of them the client's. */
  readonly reason?: string
}

/** What Node keeps with a connection. */
interface Connection extends Duplex {
  readonly bytesRead?: number
  /** The answer under way. */
  readonly _httpMessage?: ServerResponse | null
  /** `incoming`: the latest request whose head was read. */
  readonly parser?: { readonly incoming: IncomingMessage | null } | null
}

interface Unreadable {
  readonly code: ErrorCode
  readonly detail: string
}

/**
 * Listener of `clientError`: answers what Node's parser could not read with a problem document, like every other mistake, and ends the
 * connection, since nobody can tell where its next request begins. They are counted and not logged: no limit keeps anybody from sending
 * them. Where the client could take it for the answer to another request the connection ends without a word.
 */
export function answerUnreadable(metrics: GatewayMetrics): (error: ClientError, connection: Connection) => void {
  return (error, connection) => {
    const unreadable = unreadableBy(error)
    if (unreadable === undefined || !connection.writable || !isNextToBeAnswered(connection)) {
      connection.destroy()
      return
    }
    const { code, detail } = unreadable
    const requestId = newRequestId()
    const { status, headers, opening } = problemText(problemOf(code, detail, { request_id: requestId }))
    const body = `${opening}}`
    const head =
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n` +
      `${dataHeaders}X-Request-Id: ${requestId}\r\nDate: ${new Date().toUTCString()}\r\nConnection: close\r\n\r\n`
    connection.end(head + body, () => connection.destroy())
    metrics.couldNotRead(code)
  }
}

/** Whether the next thing that the client expects is the answer to what could not be read. */
function isNextToBeAnswered({ _httpMessage: answer, parser, bytesRead }: Connection): boolean {
  // Browsers open connections that they may need; nobody waits on them for anything.
  if (bytesRead === 0) return false
  // Of a request under way the body may be what is wrong, which then has done nothing yet.
  if (answer) return !answer.headersSent && !answer.req.complete
  // Else what is wrong may be the rest of a body whose request was refused before.
  return parser?.incoming?.complete !== false
}

/** Undefined: the connection broke. */
function unreadableBy({ code = '', reason }: ClientError): Unreadable | undefined {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW': {
      const most = maxHeadBytes.toLocaleString('en')
      return { code: 'head_too_large', detail: `The URL and the headers may have ${most} bytes together.` }
    }
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { code: 'body_too_large', detail: 'The chunks of the body have too many extensions.' }
    case 'HPE_INVALID_URL':
      return { code: 'malformed_request', detail: 'In a URL, what is not ASCII is written with percent signs.' }
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { code: 'request_too_slow', detail: 'The request did not come whole in time; send it again at once.' }
    default:
      if (!code.startsWith('HPE_')) return undefined
      return { code: 'malformed_request', detail: `This cannot be read as HTTP/1.1: ${reason ?? 'it breaks off'}.` }
  }
}
