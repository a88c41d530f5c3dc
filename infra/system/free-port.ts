import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from '#shared/process/config.ts'

/** Below where systems take the ports of outgoing connections from: Linux 32768, others 49152. */
const firstPort = 15_000
const portCount = 15_000
const mostTries = 1_000
const answerWithinMs = 300

/** A file for each reserved port, with the process id of its owner. Named by the user's id, as an image may have no name for its user. */
const reservations = join(tmpdir(), `ticketing-ports-${process.getuid?.()}`)

/**
 * A port without a listener, reserved among our processes as long as this one runs, even while its server is down. Another program
 * may take it before it is used: callers try again.
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    const port = firstPort + randomInt(portCount)
    // A closed listener can still accept for a moment: a child that another thread is spawning inherits its socket until exec.
    if (reserve(port) && (await isPortFree({ host, port })) && !(await isListening({ host, port }))) return port
  }
  throw new Error(`no free port found between ${firstPort} and ${firstPort + portCount}`)
}

function reserve(port: number): boolean {
  const file = join(reservations, String(port))
  mkdirSync(reservations, { recursive: true })
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    // The port of an ended owner is given up now and taken another time: two may be looking at it.
    if (!isHeld(file)) rmSync(file, { force: true })
    return false
  }
}

function isHeld(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    // It is empty while it is being written.
    return pid === 0 || isAlive(pid)
  } catch {
    return false
  }
}

/** Different free ports. */
export async function freePorts(count: number, host = '127.0.0.1'): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await freePort(host))
  return [...ports]
}

/** Whether a process could listen there now. Throws for a host that is not this machine's. */
export async function isPortFree(address: { host: string; port: number }): Promise<boolean> {
  const server = createServer()
  try {
    await once(server.listen(address), 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    throw error
  }
  await once(server.close(), 'close')
  return true
}

/** Whether a server accepts connections there. */
export function isListening({ host, port }: { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: answerWithinMs })
    const answer = (listening: boolean) => () => {
      socket.destroy()
      resolve(listening)
    }
    socket.once('connect', answer(true))
    socket.once('timeout', answer(false))
    socket.once('error', answer(false))
  })
}
