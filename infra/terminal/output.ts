import { styleText } from 'node:util'

export type Style = Parameters<typeof styleText>[0]

/** Puts a style around text, or leaves it plain. */
export type Paint = (style: Style, text: string) => string

export const plain: Paint = (_style, text) => text
export const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false })

export interface Output {
  /** Characters in a line. */
  readonly width: number
  readonly paint: Paint
  /** Whether somebody sits in front of it. */
  readonly isTerminal: boolean
  print(line: string): void
}

const widthOfFiles = 120

/** Standard output: coloured on a terminal that has colours (`NO_COLOR` is heard), plain in a pipe or file. */
export function standardOutput(): Output {
  const { stdout } = process
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    // `| head` closes the pipe early: then nobody wants the rest, and a command that follows logs would never end by itself.
    // Nothing is lost with it, as those who print here only read.
    process.exit()
  })
  return {
    width: stdout.columns ?? widthOfFiles,
    paint: stdout.isTTY && stdout.hasColors() ? coloured : plain,
    isTerminal: stdout.isTTY === true,
    print: (line) => void stdout.write(`${line}\n`),
  }
}
