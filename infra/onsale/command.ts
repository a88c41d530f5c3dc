import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readInfraConfig } from '../config.ts'
import { reportFailure } from '../explained-error.ts'
import { writeWhole } from '../kept-file.ts'
import { stopSignals } from '../system/stop-signals.ts'
import { standardOutput } from '../terminal/output.ts'
import { readFlags, usage } from './flags.ts'
import { holdMsAt, play } from './play.ts'
import { reportHtml } from './report.ts'
import type { Result } from './result.ts'
import { findTarget } from './target.ts'

/** `npm run onsale`: plays an on-sale, writes what came of it, and ends with exit code 1 when anything is wrong, 2 when it could not be played. */
async function main(args: readonly string[]): Promise<void> {
  const flags = readFlags(args)
  if (flags === null) return console.log(usage)
  const output = standardOutput()
  const { stopping } = stopSignals(output.print)
  const target = await findTarget({ ...flags, holdMs: holdMsAt(flags.pace), say: output.print, stopping })
  try {
    const command = ['npm run onsale', ...(args.length > 0 ? ['--', ...args] : [])].join(' ')
    const result = await play({ target, flags, command, output, stopping })
    const folder = await writeResult(result)
    for (const line of summaryOf(result)) output.print(line)
    output.print(`report: ${join(folder, 'report.html')}`)
    if (!result.passed) process.exitCode = 1
  } finally {
    await target.stop()
  }
}

/** Answers the folder. */
async function writeResult(result: Result): Promise<string> {
  const folder = join(readInfraConfig().dataDirectory, 'onsale')
  await mkdir(folder, { recursive: true })
  writeWhole(join(folder, 'latest.json'), `${JSON.stringify(result, null, 1)}\n`)
  writeWhole(join(folder, 'report.html'), reportHtml(result))
  return folder
}

/** The block that is looked for: the verdict, one fact a line. */
function summaryOf({ verdict, faults, figures }: Result): string[] {
  const { sold_out_after_s: soldOut, took_s: took, purchases, eta } = figures
  return [
    '',
    ...Object.entries(verdict).map(([name, value]) => `${name}: ${value}`),
    `sold out after ${soldOut === null ? '–' : `${soldOut} s`}, everybody gone after ${took} s; ${purchases} purchases`,
    `promised waits: median error ${Math.round(eta.medianError * 100)} %, ${Math.round(eta.withinTwice * 100)} % within twice as long`,
    ...faults.map((fault) => `WRONG: ${fault}`),
  ]
}

main(process.argv.slice(2)).catch((error: unknown) => {
  reportFailure(error)
  process.exitCode = 2
})
