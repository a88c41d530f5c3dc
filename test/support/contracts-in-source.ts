import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contract } from '#shared/contracts/contract.ts'

const project = join(import.meta.dirname, '..', '..')

/** Every contract there is, by the name under which it is exported. */
export async function allContracts(): Promise<ReadonlyMap<string, Contract>> {
  const files = globSync('shared/contracts/*.ts', { cwd: project })
  const modules = await Promise.all(
    files.map((file) => import(join(project, file)) as Promise<Record<string, unknown>>),
  )
  return new Map(modules.flatMap((module) => Object.entries(module)).filter((entry) => isContract(entry[1])) as never)
}

/** Those that are answered by a message: the gateway's own operations are not. */
export const contractsOfWorkers = async (): Promise<ReadonlyMap<string, Contract>> =>
  new Map([...(await allContracts())].filter(([, { worker }]) => worker !== 'gateway'))

/** Subjects of the contracts that source in a folder names in `call(bus, contract, …)`. */
export async function subjectsAsked(folder: string): Promise<string[]> {
  const contracts = await allContracts()
  const subjects = globSync(`${folder}/**/*.ts`, { cwd: project }).flatMap((file) => {
    const text = readFileSync(join(project, file), 'utf8')
    const named = [...text.matchAll(/\bcall(?:Raw)?\(\s*(?:\w+\.)?bus,\s*([\w.]+)/g)].map(([, name = '']) => name)
    // What a route declares is known by the list of routes, and pages ask nothing else.
    const ofRoutes = (name: string) =>
      name.endsWith('.contract') || (name === 'contract' && !text.includes(' as contract'))
    return named.filter((name) => !ofRoutes(name)).map((name) => subjectOf(name, text, contracts))
  })
  return [...new Set(subjects)]
}

/** `name` as a file writes it: its own, `as` it was imported, or a member of a namespace. */
function subjectOf(name: string, text: string, contracts: ReadonlyMap<string, Contract>): string {
  const own = new RegExp(`(\\w+) as ${name}\\b`).exec(text)?.[1] ?? name.split('.').at(-1) ?? ''
  const contract = contracts.get(own)
  if (!contract) throw new Error(`${name} is no contract`)
  return contract.subject
}

const isContract = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'subject' in value && 'worker' in value
