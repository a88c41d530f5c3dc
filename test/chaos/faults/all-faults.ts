import type { Kind } from '../../../infra/system/application.ts'
import { links } from '../settings.ts'
import type { Fault } from './fault.ts'
import { blackHole, cutLink, freezeLink, loseReplies } from './links.ts'
import { freezeGatewayBeyondLeases, freezeProcess, killProcess } from './processes.ts'
import { cutOffTailOfRedis, freezeServer, killRedisWithItsData, killServer, terminateBackends } from './servers.ts'

const kinds: readonly Kind[] = ['gateway', 'event', 'booking', 'purchase', 'sandbox', 'audit']

const linksBetween = (client: Kind, server: string) =>
  links.filter((link) => link.client === client && link.server === server)

/** Everything that the schedule chooses from. Adding one changes what every seed does. */
export const allFaults: readonly Fault[] = [
  ...kinds.map(killProcess),
  ...kinds.map(freezeProcess),
  freezeGatewayBeyondLeases,
  killServer('nats'),
  killServer('redis'),
  cutOffTailOfRedis,
  killRedisWithItsData,
  killServer('postgres'),
  freezeServer('nats'),
  freezeServer('redis'),
  freezeServer('postgres'),
  terminateBackends('booking'),
  terminateBackends('purchase'),
  ...links.filter(({ client }) => client !== 'audit').map(loseReplies),
  ...linksBetween('booking', 'postgres').map(cutLink),
  ...linksBetween('purchase', 'nats').map(cutLink),
  ...linksBetween('purchase', 'postgres').map(freezeLink),
  ...linksBetween('booking', 'nats').map(freezeLink),
  ...linksBetween('purchase', 'sandbox').map(blackHole),
  // Webhooks come late; and again, when their answer was lost.
  ...linksBetween('sandbox', 'gateway').map(freezeLink),
]
