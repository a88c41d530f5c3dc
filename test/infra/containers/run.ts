import { readFile, writeFile } from 'node:fs/promises'
import { Engine, type EnginePlan } from './engine.ts'
import { type ShopFacts, shop } from './shop.ts'

/** What to do, in new namespaces: start these services, all without `only`; then shop and look around. */
export interface RunPlan extends EnginePlan {
  readonly only?: readonly string[]
  readonly isShopping: boolean
}

export interface RunReport {
  /** By service: healthy, completed, running, not run, or what is wrong. */
  readonly states: Readonly<Record<string, string>>
  readonly shop?: ShopFacts
  /** Of everything that was still running. */
  readonly exitCodes: Readonly<Record<string, number | null>>
}

/** `node run.ts PLAN REPORT`, started by `run-compose.ts`. */
async function main([planFile = '', reportFile = '']: readonly string[]): Promise<void> {
  const plan = JSON.parse(await readFile(planFile, 'utf8')) as RunPlan
  const engine = new Engine(plan)
  await engine.setUp()
  const services = Object.entries(plan.file.services).filter(([, { profiles }]) => !profiles?.includes('tools'))
  const names = plan.only ?? services.map(([name]) => name)
  const states = await Promise.all(names.map((name) => engine.up(name).catch((error: Error) => error.message)))
  // A shop that is not open has been told by the states.
  const facts =
    plan.isShopping && states[names.indexOf('edge')] === 'healthy' ? await shop(engine, plan.file) : undefined
  const report: RunReport = {
    states: Object.fromEntries(names.map((name, index) => [name, states[index] ?? ''])),
    ...(facts && { shop: facts }),
    exitCodes: await engine.down(),
  }
  await writeFile(reportFile, JSON.stringify(report))
}

await main(process.argv.slice(2))
// Whatever else is open ends with the namespaces.
process.exit()
