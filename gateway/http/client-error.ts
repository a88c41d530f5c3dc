import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ErrorCode } from '#shared/errors.ts'
import type { GatewayMetrics } from '../metrics.ts'
import { problemOf } from './problems.ts'
import { newRequestId, problemHeaders, securityHeaders } from './request-context.ts'

/** Limit of request line and headers together; 1,000 ids of `GET /availability` are 37,000 bytes. */
export const maxHeadBytes = 49_152

/** The error of Node's event `clientError`. */
interface ClientError extends Error {
  readonly code?: string
  /** In the parser's words, none of them the client's. */
  readonly reason?: string
}

/** The latest request of each open connection. */
export class Connections {
  readonly #latest = new WeakMap<Duplex, { readonly req: IncomingMessage; readonly res: ServerResponse }>()

  remember(req: IncomingMessage, res: ServerResponse): void {
    this.#latest.set(req.socket, { req, res })
  }

  /** Whether the client would take what is sent now for the answer to what could not be read. */
  awaitsAnswer(socket: Socket): boolean {
    // Browsers open connections in advance and expect nothing on them.
    if (socket.bytesRead === 0) return false
    const latest = this.#latest.get(socket)
    if (latest === undefined) return true
    const { req, res } = latest
    // The error may be in the rest of a body whose request was answered before.
    if (res.writableFinished) return req.complete
    // The error is in the body of the request under way. `res.socket` is null while earlier requests wait for their answers.
    return res.socket === socket && !res.headersSent && !req.complete
  }
}

/**
 * Listener of `clientError`: answers what Node's parser could not read with a problem document and ends the connection, because the
 * start of its next request is unknown. Counted, not logged: no limit bounds such requests. A client that could take the document for
 * the answer to another request gets none.
 */
export function answerClientError(
  metrics: GatewayMetrics,
  connections: Connections,
): (error: ClientError, socket: Duplex) => void {
  return (error, socket) => {
    const fault = faultOf(error)
    // Connections of an HTTP server are sockets, although the event's type says Duplex.
    if (fault === undefined || !socket.writable || !connections.awaitsAnswer(socket as Socket)) {
      socket.destroy()
      return
    }
    const { code, detail } = fault
    const requestId = newRequestId()
    const problem = problemOf(code, detail, { request_id: requestId })
    const body = JSON.stringify(problem)
    const headers = [
      ...problemHeaders(problem, Buffer.byteLength(body)),
      ...securityHeaders,
      ...['X-Request-Id', requestId, 'Date', new Date().toUTCString(), 'Connection', 'close'],
    ]
    const lines = headers.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('')
    const head = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines}\r\n`
    socket.end(head + body, () => socket.destroy())
    metrics.couldNotRead(code)
  }
}

interface Fault {
  readonly code: ErrorCode
  readonly detail: string
}

/** Undefined: the connection broke. */
function faultOf({ code = '', reason }: ClientError): Fault | undefined {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW': {
      const most = maxHeadBytes.toLocaleString('en')
      return { code: 'head_too_large', detail: `The URL and the headers may have ${most} bytes together.` }
    }
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { code: 'body_too_large', detail: 'The chunks of the body have too many extensions.' }
    case 'HPE_INVALID_URL':
      return { code: 'malformed_request', detail: 'Percent-encode non-ASCII characters in URLs.' }
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { code: 'request_too_slow', detail: 'The request did not arrive in time; send it again.' }
    default:
      if (!code.startsWith('HPE_')) return undefined
      return { code: 'malformed_request', detail: `This cannot be read as HTTP/1.1: ${reason ?? 'it breaks off'}.` }
  }
}
