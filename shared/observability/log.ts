import bunyan from 'bunyan'
import { FactCleaner } from './clean-facts.ts'
import { LineOutput } from './line-output.ts'
import { createRedact, type Redact } from './redact.ts'
import { secretsOf } from './secrets-of.ts'

export interface LoggerOptions {
  readonly name: string
  readonly instance: string
  readonly level: string
  /** Of the process: the secrets among them must never be logged, though they look like nothing. */
  readonly settings?: object
}

/** All loggers of a process write there, in the order of their lines. */
const output = new LineOutput()

/** What comes from nobody outside, and the message, which is cleaned first; looking through each would cost as much as writing it. */
const cleanMembers = new Set([
  ...['name', 'instance', 'hostname', 'pid', 'level', 'msg', 'time', 'v'],
  ...['method', 'endpoint', 'operation', 'status', 'duration_ms', 'trace_id'],
])

/**
 * One JSON object a line on standard output, of bounded length. Callers log named facts, not whole requests; should a secret
 * get among them all the same, it is taken out.
 */
export function createLogger({ name, instance, level, settings = {} }: LoggerOptions): bunyan {
  const redact = createRedact(secretsOf(settings))
  const stream = {
    write(record: Record<string, unknown>) {
      output.write(logLine(record, redact))
      // Whoever says so may not live much longer.
      if (Number(record.level) >= bunyan.WARN) output.flush()
    },
  }
  return bunyan.createLogger({
    name,
    instance,
    streams: [
      { type: 'raw', level: level as bunyan.LogLevelString, stream: stream as unknown as NodeJS.WritableStream },
    ],
    // Errors as they are: bunyan's own form would lose their causes.
    serializers: { err: (error: unknown) => error },
  })
}

/** A record, which it changes, as a line without secrets. Names on the first level are our own. */
export function logLine(record: Record<string, unknown>, redact: Redact): string {
  const cleaner = new FactCleaner(redact)
  // First of all, so that facts which are too long leave room for it.
  record.msg = cleaner.text(String(record.msg))
  // As JSON does, which is slower by a third with an object that has a form of its own in it.
  if (record.time instanceof Date) record.time = record.time.toISOString()
  for (const name in record) {
    if (!cleanMembers.has(name)) record[name] = cleaner.member(name, record[name])
  }
  return `${JSON.stringify(record)}\n`
}
