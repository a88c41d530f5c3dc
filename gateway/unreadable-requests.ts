import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ErrorCode } from '#shared/errors.ts'
import type { Dependencies } from './dependencies.ts'
import { dataHeaders, newRequestId } from './exchange/observe.ts'
import { problemOf, problemText } from './problems.ts'

/** What the request line and the headers may have together; 1,000 ids of `GET /availability` are 37,000 bytes. */
export const maxHeadBytes = 49_152

interface Unreadable {
  readonly code: ErrorCode
  readonly detail: string
}

/** What Node's error says of a request; undefined: the connection broke, and there is nobody to answer. */
function unreadableBy(nodeCode = ''): Unreadable | undefined {
  switch (nodeCode) {
    case 'HPE_HEADER_OVERFLOW': {
      const most = maxHeadBytes.toLocaleString('en')
      return { code: 'head_too_large', detail: `The URL and the headers may have ${most} bytes together.` }
    }
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { code: 'request_too_slow', detail: 'The request did not come whole in time; send it again at once.' }
    default: {
      const detail = 'This cannot be read as HTTP/1.1. In a URL, what is not ASCII is written with percent signs.'
      return nodeCode.startsWith('HPE_') ? { code: 'malformed_request', detail } : undefined
    }
  }
}

/** Where Node keeps the answer that is under way on a connection. */
interface WithAnswer {
  readonly _httpMessage?: ServerResponse | null
}

/**
 * Answers what Node's parser could not read as a request, for `clientError`, with a problem document as any other mistake. The
 * connection ends: nobody can tell where its next request begins. Where an answer has begun it ends without a word, which the client
 * would take for a part of that.
 */
export function answerUnreadable({
  log,
  metrics,
}: Pick<Dependencies, 'log' | 'metrics'>): (error: NodeJS.ErrnoException, socket: Duplex & WithAnswer) => void {
  return (error, socket) => {
    const problem = unreadableBy(error.code)
    if (problem === undefined || !socket.writable || socket._httpMessage?.headersSent) {
      socket.destroy()
      return
    }
    const { code, detail } = problem
    const requestId = newRequestId()
    const { status, headers, opening } = problemText(problemOf(code, detail, { request_id: requestId }))
    const body = `${opening}}`
    const head =
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n` +
      `${dataHeaders}X-Request-Id: ${requestId}\r\nDate: ${new Date().toUTCString()}\r\nConnection: close\r\n\r\n`
    socket.end(head + body, () => socket.destroy())
    metrics.requestAnswered({ method: '(none)', endpoint: '(none)', status, seconds: 0, isRecorded: false })
    log.info({ status, request_id: requestId, reason: error.code }, 'a request could not be read')
  }
}
