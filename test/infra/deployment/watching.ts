import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { projectRoot } from '../../../infra/config.ts'
import type { ComposeFile, ComposeService } from './compose-file.ts'

const scraping = z.object({
  alerting: z.object({
    alertmanagers: z.array(z.object({ static_configs: z.array(z.object({ targets: z.array(z.string()) })) })),
  }),
  scrape_configs: z.array(
    z.object({
      dns_sd_configs: z.array(z.object({ names: z.array(z.string()), port: z.int() })).default([]),
      static_configs: z.array(z.object({ targets: z.array(z.string()) })).default([]),
    }),
  ),
})

const asking = z.object({ datasources: z.array(z.object({ url: z.url() })) })

/** Where Prometheus and Grafana look, as `host:port`, and which service of compose it is that looks. */
export interface Look {
  readonly from: string
  readonly at: string
}

/** Everything that is looked at by those who watch. */
export function looks(): Look[] {
  const scrapes = ['local', 'global'].flatMap((kind) => {
    const { scrape_configs, alerting } = scraping.parse(parse(deployFile(`prometheus/${kind}.yml`)))
    const told = alerting.alertmanagers.flatMap(({ static_configs }) =>
      static_configs.map(({ targets }) => ({ targets })),
    )
    const asked = [...scrape_configs, { dns_sd_configs: [], static_configs: told }]
    const targets = asked.flatMap(({ dns_sd_configs, static_configs }) => [
      ...dns_sd_configs.flatMap(({ names, port }) => names.map((name) => `${name}:${port}`)),
      ...static_configs.flatMap(({ targets }) => targets),
    ])
    return targets.flatMap((at) => [1, 2].map((number) => ({ from: `prometheus-${kind}-${number}`, at })))
  })
  const { datasources } = asking.parse(parse(deployFile('grafana/provisioning/datasources/data-sources.yml')))
  return [...scrapes, ...datasources.map(({ url }) => ({ from: 'grafana', at: new URL(url).host }))]
}

/** Looks that find nobody in compose: no such service, no network in common, another port. */
export function blindLooks(all: readonly Look[], { services }: ComposeFile): Look[] {
  return all.filter(({ from, at }) => {
    const [host = '', port] = at.split(':')
    const [looking, lookedAt] = [services[from], services[host]]
    if (looking === undefined || lookedAt === undefined) return true
    const networks = Object.keys(looking.networks ?? {})
    return !networks.some((name) => name in (lookedAt.networks ?? {})) || !listensOn(lookedAt, Number(port))
  })
}

/** By a setting of ours, by what it publishes or exposes, or by what its health check asks. */
function listensOn({ environment, ports = [], expose = [], healthcheck }: ComposeService, port: number): boolean {
  const told = [environment?.PORT, environment?.METRICS_PORT].map(Number)
  const asked = healthcheck?.test.some((part) => part.includes(`:${port}/`)) === true
  return asked || told.includes(port) || expose.includes(String(port)) || ports.some(({ target }) => target === port)
}

function deployFile(name: string): string {
  return readFileSync(join(projectRoot, 'infra', 'deploy', name), 'utf8')
}
