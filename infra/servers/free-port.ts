import { createServer } from 'node:net'

/** A port that nobody listens on at this moment. Somebody may take it before it is used: callers try again. */
export function freePort(host = '127.0.0.1'): Promise<number> {
  return listenOnce({ host, port: 0 })
}

/** So many free ports, each a different one. */
export async function freePorts(count: number, host = '127.0.0.1'): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await freePort(host))
  return [...ports]
}

/** Whether a process could listen there now. Throws for a host that is not this machine's. */
export async function isPortFree({ host, port }: { host: string; port: number }): Promise<boolean> {
  try {
    await listenOnce({ host, port })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    throw error
  }
}

function listenOnce(address: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(address, () => {
      const bound = server.address()
      server.close(() => resolve(typeof bound === 'object' && bound ? bound.port : address.port))
    })
  })
}
