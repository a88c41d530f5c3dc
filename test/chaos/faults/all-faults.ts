import type { Kind } from '../../support/process.ts'
import { edges } from '../edges.ts'
import { blackHole, cutEdge, freezeEdge, loseReplies } from './edges.ts'
import type { Fault } from './fault.ts'
import { freezeGatewayBeyondLeases, freezeProcess, killProcess } from './processes.ts'
import { freezeServer, killRedisWithItsData, killServer, terminateBackends } from './servers.ts'

const kinds: readonly Kind[] = ['gateway', 'event', 'booking', 'purchase', 'sandbox', 'audit']

function edgesBetween(client: Kind, server: string) {
  return edges.filter((edge) => edge.client === client && edge.server === server)
}

/** Everything that the schedule chooses from. Adding one changes what every seed does. */
export const allFaults: readonly Fault[] = [
  ...kinds.map(killProcess),
  ...kinds.map(freezeProcess),
  freezeGatewayBeyondLeases,
  killServer('nats'),
  killServer('redis'),
  killRedisWithItsData,
  killServer('postgres'),
  freezeServer('nats'),
  freezeServer('redis'),
  freezeServer('postgres'),
  terminateBackends('booking'),
  terminateBackends('purchase'),
  ...edges.filter(({ client }) => client !== 'audit').map(loseReplies),
  ...edgesBetween('booking', 'postgres').map(cutEdge),
  ...edgesBetween('purchase', 'nats').map(cutEdge),
  ...edgesBetween('purchase', 'postgres').map(freezeEdge),
  ...edgesBetween('booking', 'nats').map(freezeEdge),
  ...edgesBetween('purchase', 'sandbox').map(blackHole),
  // Webhooks come late; and again, when their answer was lost.
  ...edgesBetween('sandbox', 'gateway').map(freezeEdge),
]
