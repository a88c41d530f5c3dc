import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { sizeOf } from './log-file.ts'
import { spanFiles } from './span-files.ts'
import type { StoredSpan } from './stored-span.ts'

export interface SpanWriterOptions {
  readonly directory: string
  /** Whose spans: each process has files of its own, so no two write to one. */
  readonly instance: string
  /** A file of more than this is put aside in place of the one before. */
  readonly maxBytes: number
}

/** Appends spans, one JSON line each, to the newer of two files. Throws when the disk does not take them; they are lost then. */
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
      // Deleting the files of a running process loses what was in them, but no later spans.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
    this.#bytes = 0
  }
}
