import { spanFiles, spanInstances } from '#shared/observability/span-files.ts'
import type { StoredSpan } from '#shared/observability/stored-span.ts'
import { linesWith, readEnd } from '../../lines-with.ts'

/** All spans of a trace, each once. */
export function readTrace(directory: string, traceId: string): StoredSpan[] {
  const spans = spansWith(directory, `"traceId":"${traceId}"`).filter((span) => span.traceId === traceId)
  return [...new Map(spans.map((span) => [span.spanId, span])).values()]
}

/** The traces of the requests that had this id, the latest first: who sends a request may choose its id. */
export function findTraces(directory: string, requestId: string): string[] {
  const spans = spansWith(directory, `"ticketing.request_id":${JSON.stringify(requestId)}`)
  const requests = spans.filter(({ kind }) => kind === 'server').toSorted((a, b) => b.startUs - a.startUs)
  return [...new Set(requests.map(({ traceId }) => traceId))]
}

/** What each process wrote last, at most `bytesEach` of every one. */
export function latestSpans(directory: string, bytesEach: number): StoredSpan[] {
  return spanInstances(directory).flatMap((instance) => {
    const { current, older } = spanFiles(directory, instance)
    const newest = readEnd(current, bytesEach)
    const before = readEnd(older, bytesEach - newest.length)
    return [before, newest].flatMap((text) => text.toString('utf8').split('\n').flatMap(parseLine))
  })
}

function spansWith(directory: string, text: string): StoredSpan[] {
  return spanInstances(directory).flatMap((instance) => {
    const { current, older } = spanFiles(directory, instance)
    return [older, current].flatMap((file) => linesWith(file, text)).flatMap(parseLine)
  })
}

/** A line that is half written, or that the beginning of what was read has cut, is none. */
function parseLine(line: string): StoredSpan[] {
  try {
    return [JSON.parse(line) as StoredSpan]
  } catch {
    return []
  }
}
