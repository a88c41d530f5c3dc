import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { readInfraConfig } from '../../config.ts'
import { reportFailure } from '../../explained-error.ts'
import { progressBar } from '../../import/progress-bar.ts'
import { stopSignals } from '../../launcher/stop-signals.ts'
import { measure } from './measure.ts'
import { faults, reportLines } from './report.ts'
import { startSearchSystem } from './system.ts'

const usualSizes = [10_000, 1_000_000]

/**
 * `npm run bench:search [-- --events N]`: how long eight clients wait for what they search, in a made-up catalogue of 10,000 and of
 * 1,000,000 events, or of N events alone. Ends with exit code 1 when they wait too long.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { events: { type: 'string' } } })
  const sizes = values.events === undefined ? usualSizes : [Number(values.events)]
  const { stopping } = stopSignals(console.log)
  const system = await startSearchSystem({ say: console.log, stopping })
  try {
    const result = await measure(system, { sizes, bar: (label) => progressBar(process.stderr, label), stopping })
    const file = join(readInfraConfig().dataDirectory, 'bench', 'search.json')
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, `${JSON.stringify(result, null, 2)}\n`)
    console.log(reportLines(result).join('\n'))
    console.log(`written to ${file}`)
    if (result.sizes.some((size) => faults(size).length > 0)) process.exitCode = 1
  } finally {
    await system.stop()
  }
}

main().catch(reportFailure)
