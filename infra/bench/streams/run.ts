import { isHelpWanted } from '../../command-line.ts'
import { reportFailure } from '../../explained-error.ts'
import { freePort } from '../../system/free-port.ts'
import { stopSignals } from '../../system/stop-signals.ts'
import { startBenchSystem } from '../bench-system.ts'
import { writeResult } from '../result-file.ts'
import { measure } from './measure.ts'
import { reportLines } from './report.ts'

const usage = `Usage: npm run bench -- streams
Measures how soon 2,000 clients hear of held seats, and what their streams cost, on servers of its own (two minutes).`

/** One address opens them all. */
const settings = { MAX_CONNECTIONS_PER_ADDRESS: '10000', MAX_STREAMS: '10000', MAX_STREAMS_PER_CALLER: '10000' }

/** `npm run bench -- streams`. Exit 1 when a bound is missed. */
async function main(): Promise<void> {
  if (isHelpWanted(process.argv.slice(2), usage)) return
  const { stopping } = stopSignals(console.log)
  const system = await startBenchSystem({ say: console.log, stopping, counts: { gateway: 0 } })
  try {
    const inspectorPort = await freePort()
    const gateway = await system.start('gateway', {
      ...settings,
      NODE_OPTIONS: `--inspect=127.0.0.1:${inspectorPort}`,
    })
    const result = await measure({ url: gateway.url, pid: gateway.pid, inspectorPort, stopping, say: console.log })
    console.log(reportLines(result).join('\n'))
    console.log(`written to ${await writeResult('streams.json', result)}`)
    if (result.figures.some(({ isGood }) => !isGood)) process.exitCode = 1
  } finally {
    await system.stop()
  }
}

main().catch(reportFailure)
