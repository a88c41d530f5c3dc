import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, cp, mkdir, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { projectRoot } from '../../infra/config.ts'
import { runScript } from '../support/command.ts'
import { createTestDirectory } from '../support/servers.ts'

const run = promisify(execFile)

const scripts: Record<string, string> = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')).scripts

/** An executable `node` in a new folder, for the front of PATH. */
async function fakeNode(lines: readonly string[]): Promise<string> {
  const folder = await createTestDirectory('fake-node')
  await writeFile(join(folder, 'node'), ['#!/bin/sh', ...lines, ''].join('\n'))
  await chmod(join(folder, 'node'), 0o755)
  return folder
}

/** What `npm run NAME -- ARGS` would have Node run after the set-up, and whether it is the process that npm started. */
async function startedBy(name: string, args: readonly string[]) {
  const folder = await fakeNode([`printf '%s\\t' "$$" "$@"; echo`])
  const running = run('sh', ['-c', `${scripts[name]} "$@"`, 'sh', ...args], {
    cwd: projectRoot,
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
  })
  const [setup = '', command = ''] = (await running).stdout.split('\n')
  const [pid, ...words] = command.split('\t').slice(0, -1)
  return { setup: setup.split('\t')[1], words, isSameProcess: Number(pid) === running.child.pid }
}

for (const name of Object.keys(scripts).filter(
  (each) => !['check', 'format', 'worker', 'test:browser'].includes(each),
)) {
  test(`npm run ${name} sets up, then becomes a file of the project`, async (t) => {
    const { setup, words, isSameProcess } = await startedBy(name, ['--flag', 'with space'])
    t.is(setup, 'infra/setup.cjs')
    t.true(existsSync(join(projectRoot, words[0] ?? '')), words[0])
    t.deepEqual(words.slice(1), ['--flag', 'with space'])
    t.true(isSameProcess)
  })
}

for (const [name, subcommand, file] of [
  ['worker', 'event', 'workers/event/main.ts'],
  ['worker', 'booking', 'workers/booking/main.ts'],
  ['worker', 'purchase', 'workers/purchase/main.ts'],
  ['bench', 'selling', 'infra/bench/selling/run.ts'],
  ['bench', 'search', 'infra/bench/search/run.ts'],
  ['bench', 'scale', 'infra/bench/scale/run.ts'],
  ['bench', 'telemetry', 'infra/bench/telemetry/run.ts'],
  ['bench', 'holds', 'test/hold-designs/run.ts'],
  ['chaos', 'crash-points', 'test/chaos/crash-points/run.ts'],
  ['chaos', 'mutants', 'test/chaos/mutants/run.ts'],
] as const) {
  test(`npm run ${name} -- ${subcommand} starts ${file}`, async (t) => {
    const { words, isSameProcess } = await startedBy(name, [subcommand, '--flag'])
    t.deepEqual(words, [file, '--flag'])
    t.true(existsSync(join(projectRoot, file)))
    t.true(isSameProcess)
  })
}

test('npm run test:browser runs the tests of the pages', async (t) => {
  const { words, isSameProcess } = await startedBy('test:browser', ['--flag'])
  t.deepEqual(words, ['test/run.ts', '--browser', '--flag'])
  t.true(isSameProcess)
})

/** The files that npm commands start, and how each usage begins. */
for (const [file, command, ...subcommand] of [
  ['infra/start.ts', 'npm start'],
  ['test/run.ts', 'npm test'],
  ['gateway/main.ts', 'npm run gateway'],
  ['workers/event/main.ts', 'npm run worker -- event'],
  ['workers/booking/main.ts', 'npm run worker -- booking'],
  ['workers/purchase/main.ts', 'npm run worker -- purchase'],
  ['infra/ops/import/main.ts', 'npm run import'],
  ['infra/ops/audit/command.ts', 'npm run audit'],
  ['infra/ops/backup/command.ts', 'npm run backup'],
  ['infra/ops/backup/command.ts', 'npm run backup -- drill', 'drill'],
  ['infra/ops/backup/command.ts', 'npm run backup -- restore', 'restore'],
  ['infra/ops/backup/command.ts', 'npm run backup -- follow', 'follow'],
  ['infra/ops/backup/command.ts', 'npm run backup -- recover', 'recover'],
  ['infra/ops/backup/command.ts', 'npm run backup -- unknown-charges', 'unknown-charges'],
  ['infra/ops/trace/command.ts', 'npm run trace'],
  ['infra/ops/logs/command.ts', 'npm run logs'],
  ['infra/bench/reading/run.ts', 'npm run bench'],
  ['infra/onsale/command.ts', 'npm run onsale'],
  ['infra/bench/selling/run.ts', 'npm run bench -- selling'],
  ['infra/bench/search/run.ts', 'npm run bench -- search'],
  ['infra/bench/scale/run.ts', 'npm run bench -- scale'],
  ['infra/bench/telemetry/run.ts', 'npm run bench -- telemetry'],
  ['test/hold-designs/run.ts', 'npm run bench -- holds'],
  ['test/chaos/run.ts', 'npm run chaos'],
  ['test/chaos/crash-points/run.ts', 'npm run chaos -- crash-points'],
  ['test/chaos/mutants/run.ts', 'npm run chaos -- mutants'],
  ['infra/ops/migrate.ts', 'npm run migrate'],
  ['infra/deploy/grafana/generate.ts', 'npm run dashboards'],
] as const) {
  test(`${command} -- --help tells how to use it, and does nothing else`, async (t) => {
    const dataDirectory = join(await createTestDirectory('help'), 'none')
    // All of them run at once.
    const options = { timeoutMs: 120_000 }
    const { code, output } = await runScript(file, [...subcommand, '--help'], { DATA_DIR: dataDirectory }, options)
    t.is(code, 0, output)
    t.regex(output, new RegExp(`Usage: ${command}\\b`))
    t.false(existsSync(dataDirectory))
  })
}

test('npm run worker without one of the three kinds names them', async (t) => {
  for (const args of [[], ['mail'], ['--instance', 'event-2']]) {
    const error = await t.throwsAsync<Error & { code: number; stderr: string }>(startedBy('worker', args))
    t.is(error.code, 2)
    t.regex(error.stderr, /npm run worker -- event\|booking\|purchase/)
  }
})

test('the first command of a fresh clone runs on the Node that its own set-up has linked', async (t) => {
  const clone = await createTestDirectory('clone')
  await mkdir(join(clone, 'infra'))
  await mkdir(join(clone, 'node_modules', '.bin'), { recursive: true })
  for (const file of ['infra/run.sh', 'infra/setup.cjs', 'package-lock.json', 'node_modules/.setup-stamp']) {
    await cp(join(projectRoot, file), join(clone, file))
  }
  const link = await readlink(join(projectRoot, 'node_modules', '.bin', 'node'))
  const packageName = link.split('/')[1] ?? ''
  await symlink(join(projectRoot, 'node_modules', packageName), join(clone, 'node_modules', packageName))
  await writeFile(join(clone, 'probe.cjs'), 'console.log(process.env.NODE_OF_THE_MACHINE ?? "linked")')

  const old = await fakeNode(['export NODE_OF_THE_MACHINE=old', `exec ${process.execPath} "$@"`])
  const { stdout } = await run('sh', ['infra/run.sh', 'probe.cjs'], {
    cwd: clone,
    env: { ...process.env, PATH: `${clone}/node_modules/.bin:${old}:${process.env.PATH}` },
  })
  t.regex(stdout, /setup: the scripts run on Node v2\d.*\nlinked\n$/s)
})
