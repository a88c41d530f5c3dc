import { z } from 'zod'
import { Bus } from '#shared/messaging/bus.ts'
import { natsSettings, readConfig } from '#shared/process/config.ts'
import { fillDemoCatalogue } from '../demo-catalogue.ts'
import { reportFailure } from '../explained-error.ts'

/** `node infra/demo-catalogue/main.ts`: fills an empty shop, by the operator's NATS_URL. Exit code 1 when it cannot. */
async function main(): Promise<void> {
  const { NATS_URL: url, NATS_CA: caFile } = readConfig(z.object(natsSettings), {
    env: process.env,
    command: 'node infra/demo-catalogue/main.ts',
    args: process.argv.slice(2),
    flags: {},
    natsUser: 'operator',
  })
  const bus = await Bus.connect({ url, caFile, name: 'demo-catalogue', timeoutMs: 5_000 })
  try {
    await fillDemoCatalogue({ bus, say: console.log, now: new Date() })
  } finally {
    await bus.close()
  }
}

main().catch(reportFailure)
