/** Where a bar may be drawn: a terminal's stream, or another one, on which nothing is drawn. */
export interface ProgressStream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

export interface Progress {
  /** Says how much is done, of how much. */
  show(done: number, total: number): void
  /** Takes the bar away, before something else is written. */
  clear(): void
}

const width = 30
const clearLine = '\r\u001b[K'

/** A bar on a terminal; nothing elsewhere: a log file wants lines, not control characters. */
export function progressBar(stream: ProgressStream, label: string): Progress {
  if (!stream.isTTY) return { show: () => undefined, clear: () => undefined }
  return {
    show(done, total) {
      const filled = total === 0 ? width : Math.round((done / total) * width)
      stream.write(`${clearLine}[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${done}/${total} ${label}`)
    },
    clear() {
      stream.write(clearLine)
    },
  }
}
