import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'

const lineEnd = 0x0a
const chunkBytes = 256 * 1024
/** What has no line end for so long is no line. */
const longestLine = 1024 * 1024

/** A file to which somebody appends lines, and which is put aside as `.1` for a new one once in a while. */
export class GrowingFile {
  readonly #path: string
  #descriptor: number | undefined
  #position = 0
  /** The beginning of a line. It may end in the next file: who writes does not look for line ends. */
  #rest: Buffer = Buffer.alloc(0)

  constructor(path: string) {
    this.#path = path
  }

  /** The lines that were finished since the last call: at first all, with those of the file that was put aside. */
  *lines(): Generator<string> {
    this.#descriptor ??= openIfThere(`${this.#path}.1`) ?? openIfThere(this.#path)
    while (this.#descriptor !== undefined) {
      // A process that starts empties a log that is too large.
      if (fstatSync(this.#descriptor).size < this.#position) this.#position = 0
      yield* this.#read(this.#descriptor)
      if (!this.#isReplaced(this.#descriptor)) return
      // Between our last look and the change somebody may have written to the old one.
      yield* this.#read(this.#descriptor)
      this.close()
      this.#descriptor = openIfThere(this.#path)
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
    this.#position = 0
  }

  *#read(descriptor: number): Generator<string> {
    const chunk = Buffer.allocUnsafe(chunkBytes)
    for (;;) {
      const bytes = readSync(descriptor, chunk, 0, chunkBytes, this.#position)
      if (bytes === 0) return
      this.#position += bytes
      const text = Buffer.concat([this.#rest, chunk.subarray(0, bytes)])
      const end = text.lastIndexOf(lineEnd)
      const isTooLong = end === -1 && text.length > longestLine
      this.#rest = isTooLong ? Buffer.alloc(0) : text.subarray(end + 1)
      if (isTooLong) yield text.toString('utf8')
      else if (end !== -1) yield* text.toString('utf8', 0, end).split('\n')
    }
  }

  #isReplaced(descriptor: number): boolean {
    const now = statSync(this.#path, { throwIfNoEntry: false })
    return now !== undefined && now.ino !== fstatSync(descriptor).ino
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
