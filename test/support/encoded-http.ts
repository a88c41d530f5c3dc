import { get, type IncomingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'

export interface EncodedAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** As it came: `fetch` would have decoded it. */
  readonly body: Buffer
}

/** A GET whose answer is left in the encoding in which it came. */
export function getEncoded(
  url: string,
  headers: Record<string, string>,
  /** What the request line names, if not the path of the URL. */
  target?: string,
): Promise<EncodedAnswer> {
  return new Promise((resolve, reject) => {
    const options = { headers, timeout: 15_000, ...(target !== undefined && { path: target }) }
    const request = get(url, options, (response) => {
      buffer(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        reject,
      )
    })
    request.on('timeout', () => request.destroy(new Error('no answer within 15 s')))
    request.on('error', reject)
  })
}
