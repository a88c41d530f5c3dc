/** Bunyan's levels, lowest first. */
export const levels = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const

/** A line that a process of ours has logged. */
export interface LogRecord {
  readonly level: number
  readonly time: string
  readonly msg: string
  readonly [fact: string]: unknown
}

/** A line of a log. */
export interface LogEntry {
  /** Whose log it stands in. */
  readonly instance: string
  /** Milliseconds since 1970; of the line before where it tells none itself. */
  readonly timeMs: number
  /** `null` for what is not a record of ours: a server's line, or what a dying process printed. */
  readonly record: LogRecord | null
  readonly text: string
}

/** Reads the lines of one log in their order. */
export function entryParser(instance: string): (text: string) => LogEntry {
  let timeMs = 0
  return (text) => {
    const record = parseRecord(text)
    const ownMs = Date.parse(record === null ? serverTime(text) : record.time)
    if (!Number.isNaN(ownMs)) timeMs = ownMs
    return { instance, timeMs, record, text }
  }
}

function parseRecord(text: string): LogRecord | null {
  if (!text.startsWith('{')) return null
  try {
    const value = JSON.parse(text) as LogRecord
    const isOurs = typeof value.level === 'number' && typeof value.time === 'string' && typeof value.msg === 'string'
    return isOurs ? value : null
  } catch {
    return null
  }
}

/** As nats-server (2026/11/25 20:18:02.123456), PostgreSQL (2026-11-25 20:18:02.123 UTC) and Redis (25 Nov 2026 20:18:02.123) write. */
function serverTime(text: string): string {
  const found = /(\d{4}[-/]\d\d[-/]\d\d|\d{1,2} [A-Z][a-z]{2} \d{4}) (\d\d:\d\d:\d\d(?:\.\d{3})?)\d*( UTC)?/.exec(text)
  return found === null ? '' : found.slice(1).join(' ')
}
