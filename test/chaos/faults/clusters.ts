import { setTimeout as wait } from 'node:timers/promises'
import { factStream } from '#shared/facts/stream.ts'
import { Bus } from '#shared/messaging/bus.ts'
import type { NatsCluster } from '../../../infra/system/clusters/nats-cluster.ts'
import type { Server } from '../../../infra/system/server.ts'
import type { Clusters } from '../../../infra/system/system-servers.ts'
import { until } from '../../../infra/until.ts'
import type { SystemUnderTest } from '../start.ts'
import type { Effect, Fault } from './fault.ts'

/** How long a node stays dead, at least: the others must do without it. */
const deadMs = [4_000, 5_000] as const
/** Of the stream's leader: longer than its followers take to elect another, as compiled into nats-server. */
const leaderDeadMs = [9_500, 10_000] as const
/** It stays dead up to this much longer, until the others notice. */
const noticedWithinMs = 15_000
/** How long an operator of a database needs to be sure that the primary is lost, and to have it promote the standby. */
const detectionMs = [1_000, 3_000] as const
/** After all is whole again; longer than a hold may take, so that its buyer knows before the next fault begins. */
const afterwardsMs = 2_500

const bounds = { server: 5_000, postgres: 15_000 }

/** Everything that is done to a system on clusters. Adding one changes what every seed does. */
export const clusterFaults: readonly Fault[] = [
  fault('kill nats node', ['nats-1', 'nats-2', 'nats-3'], async ({ nats }, { target, lastsMs }) => {
    const node = nats.nodes[Number(target.slice(-1)) - 1]
    if (node === undefined) throw new Error(`there is no ${target}`)
    return killNode(node, { name: target, lastsMs, hasEffect: async () => true })
  }),
  {
    ...fault('kill nats leader', ['of the facts'], async ({ nats }, { lastsMs }) => {
      const leader = await leaderOfFacts(nats)
      const node = nats.nodes.find(({ name }) => name === leader)
      if (node === undefined) throw new Error(`the stream is led by ${leader}, which is none of ours`)
      const hasEffect = async (): Promise<boolean> => ![leader, ''].includes(await leaderOfFacts(nats))
      return killNode(node, { name: `nats-${nats.nodes.indexOf(node) + 1}`, lastsMs, hasEffect })
    }),
    lastsMs: leaderDeadMs,
  },
  fault('kill redis cluster master', ['any of three'], async ({ redisCluster }, { amount, lastsMs }) => {
    const masters = await redisCluster.masters()
    const node = masters[amount % masters.length]
    if (node === undefined) throw new Error('there is no master')
    const hasEffect = async (): Promise<boolean> => {
      const now = await redisCluster.masters()
      return now.length === masters.length && !now.includes(node)
    }
    return killNode(node, { name: node.name, lastsMs, hasEffect, whole: () => redisCluster.whole() })
  }),
  fault('kill sentinel master', ['the present one'], async ({ sentinels }, { lastsMs }) => {
    const node = await sentinels.master()
    const hasEffect = async (): Promise<boolean> => (await sentinels.master()) !== node
    return killNode(node, { name: node.name, lastsMs, hasEffect, whole: () => sentinels.whole() })
  }),
  {
    ...fault('promote postgres standby', ['postgres'], async ({ postgres }, { lastsMs }) => {
      if (postgres === undefined) throw new Error('the database was given')
      const old = postgres.primary
      await old.kill()
      await wait(lastsMs)
      await postgres.promote()
      await postgres.addStandby()
      const { primary, standby } = postgres
      return { changed: primary !== old, seen: `${old.name} died, ${primary.name} took over, ${standby?.name} follows` }
    }),
    lastsMs: detectionMs,
    backToNormalWithinMs: bounds.postgres,
  },
]

function fault(
  kind: string,
  targets: readonly string[],
  harm: (servers: Clusters, damage: { target: string; lastsMs: number; amount: number }) => Promise<Effect>,
): Fault {
  return {
    kind,
    targets,
    touches: [kind],
    alone: true,
    lastsMs: deadMs,
    backToNormalWithinMs: bounds.server,
    async inject(system, damage) {
      const effect = await harm(clustersOf(system), damage)
      await wait(afterwardsMs)
      return effect
    },
  }
}

interface Death {
  readonly name: string
  readonly lastsMs: number
  /** Whether the others have noticed, asked while it is dead; a throw counts as not yet. */
  hasEffect(): Promise<boolean>
  /** Resolves when it has its place among the others again. */
  whole?(): Promise<void>
}

async function killNode(node: Server, { name, lastsMs, hasEffect, whole }: Death): Promise<Effect> {
  const before = node.pid
  await node.kill()
  await wait(lastsMs)
  const noticed = until('the others have noticed', hasEffect, { timeoutMs: noticedWithinMs, everyMs: 100 })
  const changed = await noticed.then(() => true).catch(() => false)
  await node.restart()
  await whole?.()
  return { changed, seen: `${name}, pid ${before} → ${node.pid}${changed ? '' : ', and nobody took over'}` }
}

async function leaderOfFacts(nats: NatsCluster): Promise<string> {
  const bus = await Bus.connect({ url: nats.urls.operator, name: 'chaos', timeoutMs: 5_000 })
  try {
    const empty = { payload: new Uint8Array(), headers: {} }
    const reply = await bus.request(`$JS.API.STREAM.INFO.${factStream}`, empty, 2_000)
    return JSON.parse(Buffer.from(reply.payload).toString('utf8')).cluster?.leader ?? ''
  } finally {
    await bus.close()
  }
}

function clustersOf({ servers: { clusters } }: SystemUnderTest): Clusters {
  if (clusters === undefined) throw new Error('this run has single servers')
  return clusters
}
