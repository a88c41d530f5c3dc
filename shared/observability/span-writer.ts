import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { sizeOf } from './log-file.ts'
import { spanFiles } from './span-files.ts'
import type { StoredSpan } from './stored-span.ts'

export interface SpanWriterOptions {
  readonly directory: string
  /** The instance whose spans they are: each process has its own files, so no two write to one. */
  readonly instance: string
  /** A larger file is renamed, replacing the previous one. */
  readonly maxBytes: number
}

/** Appends spans, one JSON line each, to the newer of two files. Throws if the disk does not accept them; they are then lost. */
export class SpanWriter {
  readonly #files: { readonly current: string; readonly older: string }
  readonly #maxBytes: number
  #descriptor: number | undefined
  #bytes = 0

  constructor({ directory, instance, maxBytes }: SpanWriterOptions) {
    this.#files = spanFiles(directory, instance)
    this.#maxBytes = maxBytes
  }

  write(spans: readonly StoredSpan[]): void {
    if (spans.length === 0) return
    if (this.#bytes > this.#maxBytes) this.#putAside()
    this.#descriptor ??= this.#open()
    // The leading line break ends a line that a full disk or a killed process left half written.
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
    const { current } = this.#files
    mkdirSync(dirname(current), { recursive: true })
    this.#bytes = sizeOf(current)
    return openSync(current, 'a', 0o600)
  }

  #putAside(): void {
    const { current, older } = this.#files
    this.close()
    try {
      renameSync(current, older)
    } catch (error) {
      // Deleting the files of a running process loses their spans, but no later ones.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    this.#bytes = 0
  }
}
