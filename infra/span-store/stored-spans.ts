import { linesWith, readEnd } from '../lines-with.ts'
import type { ReceivedSpan } from './span.ts'
import { spanFiles } from './span-files.ts'

/** All spans of a trace, each once, however often an exporter has sent it. */
export function readTrace(directory: string, traceId: string): ReceivedSpan[] {
  const spans = spansWith(directory, `"traceId":"${traceId}"`).filter((span) => span.traceId === traceId)
  return [...new Map(spans.map((span) => [span.spanId, span])).values()]
}

/** The traces of the requests that had this id, the latest first: who sends a request may choose its id. */
export function findTraces(directory: string, requestId: string): string[] {
  const spans = spansWith(directory, `"ticketing.request_id":${JSON.stringify(requestId)}`)
  const requests = spans.filter(({ kind }) => kind === 'server').toSorted((a, b) => b.startUs - a.startUs)
  return [...new Set(requests.map(({ traceId }) => traceId))]
}

/** What was written last, in all at most `bytes`. */
export function latestSpans(directory: string, bytes: number): ReceivedSpan[] {
  const { current, older } = spanFiles(directory)
  const newest = readEnd(current, bytes)
  const before = readEnd(older, bytes - newest.length)
  return [before, newest].flatMap((text) => text.toString('utf8').split('\n').flatMap(parseLine))
}

function spansWith(directory: string, text: string): ReceivedSpan[] {
  const { current, older } = spanFiles(directory)
  return [older, current].flatMap((file) => linesWith(file, text)).flatMap(parseLine)
}

/** A line that is half written, or that the beginning of what was read has cut, is none. */
function parseLine(line: string): ReceivedSpan[] {
  try {
    return [JSON.parse(line) as ReceivedSpan]
  } catch {
    return []
  }
}
