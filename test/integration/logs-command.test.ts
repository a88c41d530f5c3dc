import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { maxLogBytes } from '#shared/observability/log-file.ts'
import { LogWriter } from '#shared/observability/log-writer.ts'
import { projectRoot } from '../../infra/config.ts'
import { runScript } from '../support/command.ts'
import { createTestDirectory } from '../support/servers.ts'
import { until } from '../support/until.ts'

const script = 'infra/ops/logs/command.ts'

function line(msg: string, second: number, facts: Record<string, unknown> = {}): string {
  const time = new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()
  return `${JSON.stringify({ name: 'x', instance: 'x', hostname: 'vm', pid: 1, level: 30, ...facts, msg, time, v: 0 })}\n`
}

async function folder(t: ExecutionContext) {
  const dataDirectory = await createTestDirectory('logs')
  const directory = join(dataDirectory, 'logs')
  await mkdir(directory)
  const writer = (instance: string): LogWriter => {
    const log = new LogWriter(join(directory, `${instance}.log`))
    t.teardown(() => log.close())
    return log
  }
  return { dataDirectory, directory, writer }
}

function follow(t: ExecutionContext, dataDirectory: string, args: readonly string[]) {
  const child = spawn(process.execPath, [script, '--follow', ...args], {
    cwd: projectRoot,
    env: { PATH: process.env.PATH, DATA_DIR: dataDirectory },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const shows = (text: string) => until(text, () => output.includes(text))
  return { child, output: () => output, shows }
}

test('the logs of all processes are merged by time, with what was put aside, and can be chosen from', async (t) => {
  const { dataDirectory, directory, writer } = await folder(t)
  await writeFile(join(directory, 'gateway-1.log.1'), line('first', 1) + line('half', 3).slice(0, 50))
  writer('gateway-1').write(Buffer.from(line('half', 3).slice(50) + line('sixth', 6, { request_id: 'r', level: 40 })))
  writer('booking-1').write(Buffer.from(line('second', 2) + line('fourth', 4, { request_id: 'r' })))
  writer('nats').write(Buffer.from('no time\n'))
  writer('postgres').write(Buffer.from('2026-01-01 00:00:05.000 UTC fifth\n'))
  const messages = async (...args: string[]): Promise<string> => {
    const { code, output } = await runScript(script, args, { DATA_DIR: dataDirectory })
    t.is(code, 0)
    t.false(output.includes('\u001b'))
    return (output.match(/no time|first|second|half|fourth|fifth|sixth/g) ?? []).join(' ')
  }
  t.is(await messages(), 'no time first second half fourth fifth sixth')
  t.is(await messages('--request', 'r'), 'fourth sixth')
  t.is(await messages('--level', 'warn'), 'sixth')
  t.is(await messages('--instance', 'booking-1'), 'second fourth')
})

test('following goes on with what comes, over a log that is put aside, and with processes that start later', async (t) => {
  const { dataDirectory, writer } = await folder(t)
  const gateway = writer('gateway-1')
  gateway.write(Buffer.from(line('before', 1)))
  const { child, output, shows } = follow(t, dataDirectory, ['--level', 'info'])
  await shows('before')
  gateway.write(Buffer.from(line('next', 2).slice(0, 30)))
  gateway.write(Buffer.from(line('next', 2).slice(30)))
  await shows('next')
  const filler = line('filler', 3, { level: 10, text: 'x'.repeat(1_000) })
  gateway.write(Buffer.from(filler.repeat(Math.ceil(maxLogBytes / filler.length) + 1)))
  gateway.write(Buffer.from(line('in the new file', 4)))
  await shows('in the new file')
  writer('booking-2').write(Buffer.from(line('newly started', 5)))
  await shows('newly started')
  for (const text of ['before', 'next', 'in the new file']) t.is(output().split(text).length, 2, text)
  child.kill('SIGINT')
  t.deepEqual(await once(child, 'close'), [0, null])
})

test('where there are no logs, and where a flag is wrong, the command says so', async (t) => {
  const dataDirectory = await createTestDirectory('logs')
  const none = await runScript(script, [], { DATA_DIR: dataDirectory })
  t.is(none.code, 1)
  t.regex(none.output, /There are no such logs in .*npm start/)
  const wrong = await runScript(script, ['--level', 'loud'], { DATA_DIR: dataDirectory })
  t.is(wrong.code, 1)
  t.regex(wrong.output, /no level loud.*Usage: npm run logs/s)
})

test('a reader who goes away ends the command quietly; a full disk is reported', async (t) => {
  const { dataDirectory, writer } = await folder(t)
  const log = writer('gateway-1')
  log.write(Buffer.from(line('first', 1)))
  const { child, shows } = follow(t, dataDirectory, [])
  await shows('first')
  child.stdout.destroy()
  // The first of them may still come before its reader is gone.
  await until('it has ended', () => {
    log.write(Buffer.from(line('more', 2)))
    return child.exitCode !== null
  })
  t.is(child.exitCode, 0)

  const full = await open('/dev/full', 'w')
  const failing = spawn(process.execPath, [script], {
    cwd: projectRoot,
    env: { PATH: process.env.PATH, DATA_DIR: dataDirectory },
    stdio: ['ignore', full.fd, 'pipe'],
  })
  t.teardown(() => failing.kill('SIGKILL'))
  let said = ''
  failing.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  await once(failing, 'close')
  await full.close()
  t.regex(said, /ENOSPC/)
  t.not(failing.exitCode, 0)
})
