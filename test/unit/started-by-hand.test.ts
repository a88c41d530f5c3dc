import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { NameTakenError, Registration } from '#shared/process/started-by-hand.ts'

/* The names of processes that somebody starts next to a running system. */

/** The data folder of a system whose launcher runs, and is not the one that started this process. */
function runningSystem(t: ExecutionContext): string {
  const launcher = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1_000)'])
  const directory = mkdtempSync(join(tmpdir(), 'started-by-hand-'))
  t.teardown(() => {
    launcher.kill('SIGKILL')
    rmSync(directory, { recursive: true })
  })
  writeFileSync(join(directory, 'running.json'), JSON.stringify({ pid: launcher.pid, processes: [] }))
  return directory
}

const claim = (DATA_DIR: string, instance: string) => Registration.claim({ name: 'gateway', instance }, { DATA_DIR })

/** Writes the file of a process that has died. */
async function leaveDead(directory: string, instance: string): Promise<void> {
  const dead = spawn(process.execPath, ['--version'])
  await once(dead, 'exit')
  const folder = join(directory, 'started-by-hand')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${instance}.json`), JSON.stringify({ name: 'gateway', instance, pid: dead.pid }))
}

test('a process takes the name of a dead one, and nobody that of a living one', async (t) => {
  const directory = runningSystem(t)
  await leaveDead(directory, 'gateway-2')
  claim(directory, 'gateway-2')
  const file = join(directory, 'started-by-hand', 'gateway-2.json')
  t.is(JSON.parse(readFileSync(file, 'utf8')).pid, process.pid)
  t.throws(() => claim(directory, 'gateway-2'), {
    instanceOf: NameTakenError,
    message: new RegExp(`gateway-2 is already running \\(process ${process.pid}\\)`),
  })
})

test('a name that cannot be written is not called taken', (t) => {
  const directory = runningSystem(t)
  t.throws(() => claim(directory, 'g'.repeat(300)), { code: 'ENAMETOOLONG' })
})

/** Claims each name that its parent sends, and answers the pid of the process that has it: its own, or the one in the refusal. */
const claimNames = `
  import { Registration } from '#shared/process/started-by-hand.ts'
  process.on('message', (instance) => {
    try {
      Registration.claim({ name: 'gateway', instance }, process.env)
      process.send(process.pid)
    } catch (error) {
      process.send(Number(/process (\\d+)/.exec(error.message)?.[1]))
    }
  })
  process.send('ready')
`

async function startClaimer(t: ExecutionContext, DATA_DIR: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', claimNames], {
    cwd: join(import.meta.dirname, '..', '..'),
    env: { ...process.env, DATA_DIR },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child, 'message')
  return child
}

test('of several processes that claim one name at once, one gets it, and the others name that one', async (t) => {
  const directory = runningSystem(t)
  const claimers = await Promise.all([1, 2, 3].map(() => startClaimer(t, directory)))
  for (let round = 0; round < 50; round += 1) {
    const answers = claimers.map(async (child) => {
      const answer = once(child, 'message')
      child.send(`gateway-${round}`)
      const [pid] = await answer
      return pid as number
    })
    const holders = new Set(await Promise.all(answers))
    t.is(holders.size, 1, [...holders].join())
    t.true(claimers.some(({ pid }) => holders.has(pid ?? 0)))
  }
})
