import bunyan from 'bunyan'
import { FieldCleaner } from './clean-fields.ts'
import { createRedact, type Redact, secretsOf } from './redact.ts'

interface LoggerOptions {
  readonly name: string
  readonly instance: string
  readonly level: string
  /** The settings of the process. Secrets among them are never logged, in any form. */
  readonly settings?: object
  /** Receives the lines one at a time, instead of standard output. */
  readonly write?: (line: string) => void
}

/** Fields that only our code writes, and the message, which is cleaned first. Cleaning a field costs as much as writing it. */
const cleanFields = new Set([
  ...['name', 'instance', 'hostname', 'pid', 'level', 'msg', 'time', 'v'],
  ...['method', 'endpoint', 'operation', 'status', 'duration_ms', 'trace_id'],
])

/** Writes one JSON object a line to standard output, without secrets and of bounded length. */
export function createLogger({ name, instance, level, settings = {}, write }: LoggerOptions): bunyan {
  const redact = createRedact(secretsOf(settings))
  const stream = {
    write(record: object) {
      const line = record as Record<string, unknown>
      if (write !== undefined) return write(logLine(line, redact))
      writeSoon(logLine(line, redact))
      // The process may be about to die.
      if (Number(line.level) >= bunyan.WARN) flush()
    },
  }
  return bunyan.createLogger({
    name,
    instance,
    streams: [{ type: 'raw', level: level as bunyan.LogLevelString, stream }],
    // Bunyan's own serializer would lose the causes of errors.
    serializers: { err: (error: unknown) => error },
  })
}

/** A record as a line without secrets. Changes the record, whose names on the first level are our own. */
export function logLine(record: Record<string, unknown>, redact: Redact): string {
  const cleaner = new FieldCleaner(redact)
  // The message first, so that long fields leave room for it.
  record.msg = cleaner.text(String(record.msg))
  // The same as JSON would write it, which takes a third longer with a Date in the record.
  if (record.time instanceof Date) record.time = record.time.toISOString()
  for (const name in record) {
    if (!cleanFields.has(name)) record[name] = cleaner.member(name, record[name])
  }
  return `${JSON.stringify(record)}\n`
}

const batchMs = 10
const maxWaitingCharacters = 65_536

/** Lines of all loggers of this process, in order. */
let waiting = ''
let copyTo: ((lines: string) => void) | undefined
let timer: NodeJS.Timeout | undefined
process.on('exit', flush)

/**
 * Joins the lines of 10 ms into one write: on Linux a write to a pipe is synchronous, wakes its reader, and costs as much
 * as making the line. A killed process loses its last 10 ms of lines below WARN.
 */
function writeSoon(line: string): void {
  waiting += line
  if (waiting.length >= maxWaitingCharacters) flush()
  else timer ??= setTimeout(flush, batchMs)
}

function flush(): void {
  clearTimeout(timer)
  timer = undefined
  const lines = waiting
  waiting = ''
  if (lines === '') return
  process.stdout.write(lines)
  copyTo?.(lines)
}

/** Also passes the lines of all loggers to `write` from now on. */
export function copyLog(write: (lines: string) => void): void {
  copyTo = write
}
