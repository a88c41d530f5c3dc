import { ExplainedError } from '../../explained-error.ts'
import { freePorts, isPortFree } from '../free-port.ts'
import type { StartFlags } from './flags.ts'

/** The gateways' ports: from `port` on, or free ones for 0. Throws `ExplainedError` when one cannot be listened on. */
export async function gatewayPorts({ host, port, gateways }: StartFlags): Promise<number[]> {
  try {
    if (port === 0) return await freePorts(gateways, host)
    const ports = Array.from({ length: gateways }, (_, index) => port + index)
    for (const wanted of ports) {
      if (!(await isPortFree({ host, port: wanted }))) throw new ExplainedError(taken(wanted))
    }
    return ports
  } catch (error) {
    if (error instanceof ExplainedError) throw error
    throw new ExplainedError(`Cannot listen on ${host}, port ${port}: ${(error as Error).message}`, { cause: error })
  }
}

/** Where a process on this machine reaches a listener: an address that means "all" is not one to connect to. */
export function baseUrl({ host, port }: { host: string; port: number }): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}

function taken(port: number): string {
  return (
    `Port ${port} is taken by another program. Stop that one (lsof -i :${port} names it), or choose another port:\n` +
    '  npm start -- --port 8090     or --port 0 for any free one'
  )
}
