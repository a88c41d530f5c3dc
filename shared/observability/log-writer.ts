import { closeSync, existsSync, renameSync, writeSync } from 'node:fs'
import { maxLogBytes, openLog, sizeOf } from './log-file.ts'

/**
 * Appends a process's output to its log. A log above 20 MB is renamed to `.1`, replacing the previous one, so that a long load run cannot
 * fill the disk. Writes at once, so that the last lines of a dying process are in the file.
 */
export class LogWriter {
  readonly file: string
  #descriptor: number
  #bytes: number

  constructor(file: string) {
    this.file = file
    this.#descriptor = openLog(file)
    this.#bytes = sizeOf(file)
  }

  write(chunk: Buffer): void {
    try {
      if (this.#bytes > maxLogBytes) this.#rotate()
      this.#bytes += writeSync(this.#descriptor, chunk)
    } catch {
      // A full disk costs log lines, not the system.
    }
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  #rotate(): void {
    // Somebody may have deleted it.
    if (existsSync(this.file)) renameSync(this.file, `${this.file}.1`)
    closeSync(this.#descriptor)
    this.#descriptor = openLog(this.file)
    this.#bytes = 0
  }
}
