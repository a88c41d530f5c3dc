import bunyan from 'bunyan'
import { FieldCleaner } from './clean-fields.ts'
import { createRedact, type Redact, secretsOf } from './redact.ts'

export interface LoggerOptions {
  readonly name: string
  readonly instance: string
  readonly level: string
  /** The settings of the process: secrets among them are never logged, even without a telling form. */
  readonly settings?: object
}

/** Fields that only we write, and the message, which is cleaned first: cleaning each would cost as much as writing it. */
const cleanFields = new Set([
  ...['name', 'instance', 'hostname', 'pid', 'level', 'msg', 'time', 'v'],
  ...['method', 'endpoint', 'operation', 'status', 'duration_ms', 'trace_id'],
])

/**
 * Writes one JSON object a line on standard output, of bounded length. Callers log named fields, not whole requests;
 * secrets among them are removed all the same.
 */
export function createLogger({ name, instance, level, settings = {} }: LoggerOptions): bunyan {
  const redact = createRedact(secretsOf(settings))
  const stream = {
    write(record: object) {
      const line = record as Record<string, unknown>
      output.write(logLine(line, redact))
      // The process may be about to die.
      if (Number(line.level) >= bunyan.WARN) output.flush()
    },
  }
  return bunyan.createLogger({
    name,
    instance,
    streams: [{ type: 'raw', level: level as bunyan.LogLevelString, stream }],
    // Errors as they are: bunyan's own form would lose their causes.
    serializers: { err: (error: unknown) => error },
  })
}

/** A record, which it changes, as a line without secrets. Names on the first level are our own. */
export function logLine(record: Record<string, unknown>, redact: Redact): string {
  const cleaner = new FieldCleaner(redact)
  // First, so that long fields leave room for it.
  record.msg = cleaner.text(String(record.msg))
  // As JSON would, which takes a third longer with a Date in the record.
  if (record.time instanceof Date) record.time = record.time.toISOString()
  for (const name in record) {
    if (!cleanFields.has(name)) record[name] = cleaner.member(name, record[name])
  }
  return `${JSON.stringify(record)}\n`
}

/** How long a line may wait for the next ones. */
const batchMs = 10
const maxWaitingCharacters = 65_536

/**
 * Joins the lines of a moment into one write: on Linux a write to a pipe is synchronous, wakes its reader, and costs as
 * much as making the line. A killed process loses its last 10 ms of lines below WARN.
 */
class LineOutput {
  #waiting = ''
  #timer: NodeJS.Timeout | undefined

  constructor() {
    process.on('exit', () => this.flush())
  }

  /** `line` ends with a line break. */
  write(line: string): void {
    this.#waiting += line
    if (this.#waiting.length >= maxWaitingCharacters) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), batchMs)
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waiting !== '') process.stdout.write(this.#waiting)
    this.#waiting = ''
  }
}

/** One for all loggers of a process, which keeps their lines in order. */
const output = new LineOutput()
