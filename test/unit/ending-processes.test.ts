import { spawn } from 'node:child_process'
import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import { isAlive } from '#shared/process/config.ts'
import { endProcess, isProcess } from '../../infra/system/process-control.ts'

/** A process that says when it listens for SIGTERM, and then ignores it. */
async function startStubborn(t: ExecutionContext): Promise<number> {
  const child = spawn(process.execPath, [
    '-e',
    "process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6); console.log()",
  ])
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child.pid ?? 0
}

test('a process that does not end in time is killed', async (t) => {
  const pid = await startStubborn(t)
  await endProcess({ pid, signal: 'SIGTERM', graceMs: 100 })
  t.false(isAlive(pid))
})

test('whoever is in a hurry does not wait for it', async (t) => {
  const pid = await startStubborn(t)
  const begin = performance.now()
  await endProcess({ pid, signal: 'SIGTERM', graceMs: 60_000, hurry: AbortSignal.timeout(50) })
  t.false(isAlive(pid))
  t.true(performance.now() - begin < 30_000)
})

test('a process is known by its command line, not by its number alone', async (t) => {
  const pid = await startStubborn(t)
  t.true(await isProcess({ pid, part: 'setInterval' }))
  t.false(await isProcess({ pid, part: 'nats-server' }))
  await endProcess({ pid, signal: 'SIGKILL', graceMs: 5_000 })
  t.false(await isProcess({ pid, part: 'setInterval' }))
})
