import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { sizeOf } from '#shared/observability/log-file.ts'
import type { ReceivedSpan } from './span.ts'
import { spanFiles } from './span-files.ts'

export interface SpanWriterOptions {
  readonly directory: string
  /** A file of more than this is put aside in place of the one before. */
  readonly maxBytes: number
}

/** Appends spans, one JSON line each, to the newer of two files. Throws when the disk does not take them; they are lost then. */
export class SpanWriter {
  readonly #options: SpanWriterOptions
  #descriptor: number | undefined
  #bytes = 0

  constructor(options: SpanWriterOptions) {
    this.#options = options
  }

  write(spans: readonly ReceivedSpan[]): void {
    if (spans.length === 0) return
    if (this.#bytes > this.#options.maxBytes) this.#putAside()
    this.#descriptor ??= this.#open()
    // The line end in front ends what a full disk or a killed process has left half written.
    const lines = Buffer.from(`\n${spans.map((span) => JSON.stringify(span)).join('\n')}\n`)
    const written = writeSync(this.#descriptor, lines)
    this.#bytes += written
    if (written < lines.length) throw new Error('the disk is full')
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  #open(): number {
    const { directory } = this.#options
    const { current } = spanFiles(directory)
    mkdirSync(directory, { recursive: true })
    this.#bytes = sizeOf(current)
    return openSync(current, 'a', 0o600)
  }

  #putAside(): void {
    const { current, older } = spanFiles(this.#options.directory)
    this.close()
    try {
      renameSync(current, older)
    } catch (error) {
      // Whoever deletes the files of a running store loses what was in them, but nothing that comes.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    this.#bytes = 0
  }
}
