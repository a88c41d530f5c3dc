import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { GrowingFile } from './growing-file.ts'
import { entryParser, type LogEntry } from './log-entry.ts'
import { type LogFilter, mayPass, passes } from './log-filter.ts'

export interface LogFolderOptions {
  readonly directory: string
  /** Whose log to read; all where it is `undefined`. */
  readonly instance: string | undefined
  readonly filter: LogFilter
}

interface Log {
  readonly file: GrowingFile
  readonly parse: ReturnType<typeof entryParser>
}

const suffix = '.log'

/** The logs of all processes in one folder, merged by time. */
export class LogFolder {
  readonly #options: LogFolderOptions
  readonly #logs = new Map<string, Log>()

  constructor(options: LogFolderOptions) {
    this.#options = options
  }

  /** Whose logs there are; none where there is no folder. */
  get instances(): string[] {
    const { directory, instance } = this.#options
    const all = globSync(`*${suffix}`, { cwd: directory }).map((name) => basename(name, suffix))
    return all.filter((name) => instance === undefined || name === instance).sort()
  }

  /** At first all that is there, with what was put aside; then what has come since the last call, from new processes too. */
  entries(): Generator<LogEntry> {
    return merged(this.instances.map((instance) => this.#entriesOf(instance)))
  }

  close(): void {
    for (const { file } of this.#logs.values()) file.close()
  }

  *#entriesOf(instance: string): Generator<LogEntry> {
    const { directory, filter } = this.#options
    const path = join(directory, `${instance}${suffix}`)
    const log = this.#logs.get(instance) ?? { file: new GrowingFile(path), parse: entryParser(instance) }
    this.#logs.set(instance, log)
    for (const line of log.file.lines()) {
      if (line === '' || !mayPass(line, filter)) continue
      const entry = log.parse(line)
      if (passes(entry, filter)) yield entry
    }
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
