import type { LogEntry } from './log-entry.ts'

/** What to show; lines that are no records of ours pass only where nothing is asked of a record. */
export interface LogFilter {
  /** The lowest level. */
  readonly level: number | undefined
  readonly request: string | undefined
  readonly trace: string | undefined
}

/** Whether a line, not parsed yet, may pass: parsing each line of a long log would take seconds. */
export function mayPass(text: string, { request, trace }: LogFilter): boolean {
  return [request, trace].every((id) => id === undefined || text.includes(JSON.stringify(id)))
}

/** Whether an entry is to be shown. */
export function passes({ record }: LogEntry, { level, request, trace }: LogFilter): boolean {
  if (record === null) return level === undefined && request === undefined && trace === undefined
  return (
    (level === undefined || record.level >= level) &&
    (request === undefined || record.request_id === request) &&
    (trace === undefined || record.trace_id === trace)
  )
}
