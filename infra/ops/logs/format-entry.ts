import type { Paint, Style } from '../../terminal/output.ts'
import { printable } from '../../terminal/printable.ts'
import { type LogEntry, type LogRecord, levels } from './log-entry.ts'

export interface FormatOptions {
  readonly paint: Paint
  /** Of the longest name of an instance. */
  readonly instanceWidth: number
}

const styles: Readonly<Record<keyof typeof levels, Style>> = {
  fatal: ['red', 'inverse'],
  error: 'red',
  warn: 'yellow',
  info: 'green',
  debug: 'blue',
  trace: 'gray',
}

/** Told in columns, or the same in every line of an instance. */
const notFacts = new Set(['name', 'instance', 'hostname', 'pid', 'level', 'time', 'v', 'msg', 'err'])
/** Needs no quotes. */
const simpleText = /^[^\s"'=\\{}[\]]+$/

const timeWidth = '20:18:02.123Z'.length
const levelWidth = 5
const maxCauses = 8

/** An entry as lines of a terminal: one for a record with its facts, more for its error; other lines as they are. */
export function formatEntry({ instance, record, text }: LogEntry, { paint, instanceWidth }: FormatOptions): string[] {
  const who = printable(instance).padEnd(instanceWidth)
  if (record === null) return [`${' '.repeat(timeWidth + levelWidth + 4)}${paint('dim', who)}  ${printable(text)}`]
  const level = levelOf(record)
  const head = [
    paint('dim', printable(record.time.slice(11))),
    paint(styles[level], level.toUpperCase().padEnd(levelWidth)),
    paint('cyan', who),
    record.level >= levels.warn ? paint('bold', printable(record.msg)) : printable(record.msg),
    ...factsOf(record).map(([fact, value]) => `${paint('dim', `${printable(fact)}=`)}${printable(shownValue(value))}`),
  ]
  const error = errorLines(record.err, 0).map((line) => `    ${paint('red', printable(line))}`)
  return [head.join('  '), ...error]
}

/** Numbers between two levels belong to the lower one. */
function levelOf(record: LogRecord): keyof typeof levels {
  const names = Object.keys(levels) as (keyof typeof levels)[]
  return names.findLast((name) => record.level >= levels[name]) ?? 'trace'
}

/** Ids of request and trace last, where the eye finds them. */
function factsOf(record: LogRecord): [string, unknown][] {
  const facts = Object.entries(record).filter(([fact]) => !notFacts.has(fact))
  const isId = ([fact]: [string, unknown]): boolean => fact === 'request_id' || fact === 'trace_id'
  return [...facts.filter((fact) => !isId(fact)), ...facts.filter(isId)]
}

function shownValue(value: unknown): string {
  return typeof value === 'string' && simpleText.test(value) ? value : JSON.stringify(value)
}

/** Its stack, then those of what caused it. */
function errorLines(error: unknown, depth: number): string[] {
  if (error === undefined || error === null) return []
  if (typeof error !== 'object' || depth > maxCauses) return [shownValue(error)]
  const { name, message, code, stack, cause, errors } = error as Record<string, unknown>
  const title = `${name ?? 'Error'}: ${message ?? ''}${code === undefined ? '' : ` (${code})`}`
  // A stack repeats name and message, which may have lines of their own, before its first "at".
  const calls = String(stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
  const parts = [cause, ...(Array.isArray(errors) ? errors : [])]
  const causes = parts.flatMap((part) => errorLines(part, depth + 1)).map((line) => `  ${line}`)
  return [...title.split('\n'), ...calls, ...(causes.length > 0 ? ['caused by', ...causes] : [])]
}
