import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { GrowingFile } from './growing-file.ts'
import { EntryParser, type LogEntry } from './log-entry.ts'
import { type LogFilter, mayPass, passes } from './log-filter.ts'

export interface LogFolderOptions {
  readonly directory: string
  /** Whose log to read; all where it is `undefined`. */
  readonly instance: string | undefined
  readonly filter: LogFilter
}

interface Log {
  readonly file: GrowingFile
  readonly parser: EntryParser
}

const suffix = '.log'

/** The logs of all processes in one folder, merged by time. */
export class LogFolder {
  readonly #options: LogFolderOptions
  readonly #logs = new Map<string, Log>()

  constructor(options: LogFolderOptions) {
    this.#options = options
  }

  /** Whose logs there are. Throws when there is no folder. */
  get instances(): string[] {
    const { directory, instance } = this.#options
    const names = readdirSync(directory).filter((name) => name.endsWith(suffix))
    const all = names.map((name) => name.slice(0, -suffix.length)).sort()
    return all.filter((name) => instance === undefined || name === instance)
  }

  /** All that is there, with what was put aside. */
  history(): Generator<LogEntry> {
    return merged(this.instances.map((instance) => this.#entries(this.#log(instance))))
  }

  /** What has come since the last call, from new processes too. */
  news(): LogEntry[] {
    const entries = this.instances.flatMap((instance) => [...this.#entries(this.#log(instance))])
    return entries.toSorted((a, b) => a.timeMs - b.timeMs)
  }

  close(): void {
    for (const { file } of this.#logs.values()) file.close()
  }

  *#entries({ file, parser }: Log): Generator<LogEntry> {
    const { filter } = this.#options
    for (const line of file.lines()) {
      if (line === '' || !mayPass(line, filter)) continue
      const entry = parser.parse(line)
      if (passes(entry, filter)) yield entry
    }
  }

  #log(instance: string): Log {
    const known = this.#logs.get(instance)
    if (known !== undefined) return known
    const file = new GrowingFile(join(this.#options.directory, `${instance}${suffix}`))
    const log = { file, parser: new EntryParser(instance) }
    this.#logs.set(instance, log)
    return log
  }
}

/** Sequences that are in order each, as one. */
function* merged(sequences: readonly Generator<LogEntry>[]): Generator<LogEntry> {
  const heads = sequences.flatMap((sequence) => {
    const { value, done } = sequence.next()
    return done ? [] : [{ entry: value, sequence }]
  })
  while (heads.length > 0) {
    const first = heads.reduce((earliest, head) => (head.entry.timeMs < earliest.entry.timeMs ? head : earliest))
    yield first.entry
    const { value, done } = first.sequence.next()
    if (done) heads.splice(heads.indexOf(first), 1)
    else first.entry = value
  }
}
