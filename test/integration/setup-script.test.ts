import { execFile } from 'node:child_process'
import { cp, lstat, mkdir, readlink, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { projectRoot } from '../../infra/config.ts'
import { createTestDirectory } from '../support/servers.ts'

const run = promisify(execFile)

/** A copy of the project as far as the script looks at it: the lockfile, the stamp, and the packages of Node. */
async function copyProject(): Promise<string> {
  const copy = await createTestDirectory('setup')
  await mkdir(join(copy, 'infra'))
  await mkdir(join(copy, 'node_modules', '.bin'), { recursive: true })
  for (const file of ['infra/setup.cjs', 'package-lock.json', 'node_modules/.setup-stamp']) {
    await cp(join(projectRoot, file), join(copy, file))
  }
  const link = await readlink(join(projectRoot, 'node_modules', '.bin', 'node'))
  const packageName = link.split('/')[1] ?? ''
  await symlink(join(projectRoot, 'node_modules', packageName), join(copy, 'node_modules', packageName))
  return copy
}

const setup = async (directory: string): Promise<string> =>
  (await run(process.execPath, [join(directory, 'infra', 'setup.cjs')], { cwd: '/' })).stdout

test('setup links the pinned Node when npm did not, and has nothing to say the second time', async (t) => {
  const project = await copyProject()
  const link = join(project, 'node_modules', '.bin', 'node')
  t.regex(await setup(project), /the scripts run on Node v2\d/)
  const { stdout } = await run(link, ['--version'])
  t.regex(stdout, /^v2[4-9]\./)
  t.is(await setup(project), '')
})

test('setup replaces a link to another Node', async (t) => {
  const project = await copyProject()
  const link = join(project, 'node_modules', '.bin', 'node')
  await symlink('/nowhere/node', link)
  await setup(project)
  t.true((await lstat(link)).isSymbolicLink())
  t.regex((await run(link, ['--version'])).stdout, /^v2[4-9]\./)
})

test('setup installs when the lockfile is not the one that was installed, and says so when it cannot', async (t) => {
  const project = await copyProject()
  await rm(join(project, 'node_modules', '.setup-stamp'))
  const error = await t.throwsAsync<Error & { stdout: string; stderr: string }>(
    run(process.execPath, [join(project, 'infra', 'setup.cjs')], {
      env: { ...process.env, npm_execpath: '/nowhere/npm-cli.js' },
    }),
  )
  t.regex(error.stdout, /installing the dependencies/)
  t.regex(error.stderr, /npm ci failed.*npm registry/s)
})
