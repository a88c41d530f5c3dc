import type { StoredSpan } from '#shared/observability/stored-span.ts'

/** What a gateway's span tells of the request that began a trace. */
export interface TracedRequest {
  readonly span: StoredSpan
  readonly requestId: string
  /** Of the answer; '' where none was written. */
  readonly status: string
}

/** The request that a trace was recorded for: the first server span with a request id, or none. */
export function tracedRequest(spans: readonly StoredSpan[]): TracedRequest | undefined {
  const servers = spans.filter(({ kind, attributes }) => kind === 'server' && 'ticketing.request_id' in attributes)
  const [span] = servers.toSorted((a, b) => a.startUs - b.startUs)
  if (span === undefined) return undefined
  const { 'ticketing.request_id': requestId, 'http.response.status_code': status = '' } = span.attributes
  return { span, requestId: String(requestId), status: String(status) }
}
