import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ErrorCode } from '#shared/errors.ts'
import type { GatewayMetrics } from '../metrics.ts'
import type { Connections } from './connections.ts'
import { problemOf } from './problems.ts'
import { newRequestId, problemHeaders, securityHeaders } from './request-context.ts'

/** Limit of request line and headers together; 1,000 ids of `GET /availability` are 37,000 bytes. */
export const maxHeadBytes = 49_152

/** The error of Node's event `clientError`. */
interface ClientError extends Error {
  readonly code?: string
  /** The parser's own words; they never contain the client's bytes. */
  readonly reason?: string
}

/**
 * Listener of `clientError`: answers a request that Node's parser could not read with a problem document, then ends the connection, because
 * the start of the next request is unknown. Sends no document if the client could take it for the answer to another request. Such requests
 * are counted but not logged: no limit bounds them.
 */
export function answerClientError(
  metrics: GatewayMetrics,
  connections: Connections,
): (error: ClientError, socket: Duplex) => void {
  return (error, socket) => {
    const fault = faultOf(error)
    const target = isSilent(socket) ? undefined : connections.answerTarget(socket)
    if (fault === undefined || !socket.writable || target === undefined) {
      socket.destroy()
      return
    }
    metrics.couldNotRead(fault.code)
    const { status, headers, body } = answerTo(fault)
    if (target === 'next') endWith(socket, status, headers, body)
    else target.writeHead(status, headers).end(body)
  }
}

/** Listener of `connect`: refuses a tunnel and ends the connection, because Node reads no further request on it. */
export function answerConnect(
  metrics: GatewayMetrics,
  connections: Connections,
): (req: IncomingMessage, socket: Duplex) => void {
  return (_req, socket) => {
    // After `connect`, Node no longer listens for errors of the socket.
    socket.on('error', () => socket.destroy())
    if (connections.answerTarget(socket) !== 'next') {
      socket.destroy()
      return
    }
    metrics.couldNotRead('method_not_allowed')
    const fault: Fault = { code: 'method_not_allowed', detail: 'CONNECT is not supported: this server is not a proxy.' }
    const { status, headers, body } = answerTo(fault)
    endWith(socket, status, ['Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE', ...headers], body)
  }
}

/** Whether the client has sent nothing. Browsers open connections in advance and expect no answer on them. */
function isSilent(socket: Duplex): boolean {
  // Connections of an HTTP server are sockets, although the types of its events say Duplex.
  return (socket as Socket).bytesRead === 0
}

function answerTo({ code, detail }: Fault): { status: number; headers: string[]; body: string } {
  const requestId = newRequestId()
  const problem = problemOf(code, detail, { request_id: requestId })
  const body = JSON.stringify(problem)
  const headers = [
    ...problemHeaders(problem, Buffer.byteLength(body)),
    ...securityHeaders,
    ...['X-Request-Id', requestId, 'Date', new Date().toUTCString(), 'Connection', 'close'],
  ]
  return { status: problem.status, headers, body }
}

/** Writes an answer without one of Node's responses, and ends the connection. */
function endWith(socket: Duplex, status: number, headers: readonly string[], body: string): void {
  const lines = headers.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('')
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}\r\n${body}`, () => socket.destroy())
}

interface Fault {
  readonly code: ErrorCode
  readonly detail: string
}

/** The problem to report; undefined when the connection broke. */
function faultOf({ code = '', reason }: ClientError): Fault | undefined {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW': {
      const most = maxHeadBytes.toLocaleString('en')
      return { code: 'head_too_large', detail: `The URL and the headers together may have at most ${most} bytes.` }
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
