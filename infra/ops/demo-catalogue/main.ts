import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { errorCodeOf } from '#shared/errors.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { natsSettings, readConfig } from '#shared/process/config.ts'
import { reportFailure } from '../../explained-error.ts'
import { fillDemoCatalogue } from '../demo-catalogue.ts'

/** `node infra/ops/demo-catalogue/main.ts`: fills an empty shop, by the operator's NATS_URL. Exit code 1 when it cannot. */
async function main(): Promise<void> {
  const { NATS_URL: url, NATS_CA: caFile } = readConfig(z.object(natsSettings), {
    env: process.env,
    command: 'node infra/ops/demo-catalogue/main.ts',
    args: process.argv.slice(2),
    flags: {},
    natsUser: 'operator',
  })
  const bus = await Bus.connect({ url, caFile, name: 'demo-catalogue', timeoutMs: 5_000 })
  try {
    await fillPatiently(bus)
  } finally {
    await bus.close()
  }
}

/** Workers that have only just started may answer too late; what is there by then is not made again. */
async function fillPatiently(bus: Bus, attempts = 5): Promise<void> {
  try {
    await fillDemoCatalogue({ bus, say: console.log, now: new Date() })
  } catch (error) {
    if (attempts === 1 || errorCodeOf(error) !== 'worker_timeout') throw error
    await sleep(2_000)
    await fillPatiently(bus, attempts - 1)
  }
}

main().catch(reportFailure)
