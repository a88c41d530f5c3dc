import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { Bus } from '#shared/messaging/bus.ts'
import { requireProgram } from '../../infra/system/programs/program.ts'
import type { Server } from '../../infra/system/server.ts'
import { startNatsNode } from '../../infra/system/servers/nats.ts'
import { natsUrls, newNatsPasswords, passwordVariables } from '../../infra/system/servers/nats-users.ts'
import { complaintsAbout, editedNatsConfiguration, natsVariables } from '../support/nats-configuration.ts'
import { createTestDirectory, startTestNats } from '../support/servers.ts'

const run = promisify(execFile)
const passwords = newNatsPasswords()
const nothing = { payload: new Uint8Array(), headers: {} }

let configuration: string
let environment: Record<string, string>
/** Signed the server's certificate. */
let caFile: string
let strangersCaFile: string
let server: Server
let url: string

test.before(async () => {
  // As README.md says: TLS is switched on by taking the mark of a comment away.
  const edits = ['nats.conf', 'cluster.conf'].map((file) => ({
    file,
    from: '# include "tls.conf"',
    to: 'include "tls.conf"',
  }))
  configuration = await editedNatsConfiguration(edits)
  const directory = await createTestDirectory('nats-tls')
  ;[caFile, strangersCaFile] = await Promise.all([makeAuthority(directory, 'ca'), makeAuthority(directory, 'stranger')])
  environment = {
    ...(await makeCertificate(directory)),
    NATS_TLS_CA: caFile,
    ...passwordVariables(passwords),
  }
  server = await startNatsNode({
    dataDirectory: directory,
    configFile: join(configuration, 'nats.conf'),
    serverName: 'nats-tls',
    environment,
    monitoringPort: -1,
    isReady: async () => true,
    readyWithinMs: 15_000,
  })
  url = natsUrls(server.url, passwords).operator.replace('nats://', 'tls://')
})

test.after.always(() => server?.stop())

test('who knows the authority talks to the server encrypted, by tls:// as by nats://', async (t) => {
  for (const each of [url, url.replace('tls://', 'nats://')]) {
    const bus = await Bus.connect({ url: each, caFile, name: 'test', timeoutMs: 5_000 })
    t.teardown(() => bus.close())
    await t.throwsAsync(bus.request('ticketing.v1.event.view-event', nothing, 2_000), { message: /is not running/ })
  }
})

test('a server whose authority is not known, or is another, is not talked to', async (t) => {
  for (const file of [undefined, strangersCaFile]) {
    const connecting = Bus.connect({ url, caFile: file, name: 'test', timeoutMs: 5_000 })
    await t.throwsAsync(connecting, { message: /certificate/ })
  }
})

test('a file with no certificate, or none at all, is named', async (t) => {
  const connecting = Bus.connect({ url, caFile: '/nowhere/ca.pem', name: 'test', timeoutMs: 5_000 })
  await t.throwsAsync(connecting, { message: /\/nowhere\/ca\.pem/ })
})

test('a server that does not encrypt is not talked to by tls://', async (t) => {
  const plain = await startTestNats()
  t.teardown(() => plain.stop())
  const connecting = Bus.connect({ url: plain.url.replace('nats://', 'tls://'), name: 'test', timeoutMs: 5_000 })
  await t.throwsAsync(connecting, { message: /tls/i })
})

test('the server takes no password from a client that does not encrypt', async (t) => {
  const socket = connect({ host: '127.0.0.1', port: server.port, timeout: 5_000 })
  t.teardown(() => socket.destroy())
  let said = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  socket.write(`CONNECT {"user":"operator","pass":"${passwords.operator}","verbose":true}\r\nPING\r\n`)
  await once(socket, 'close')
  t.notRegex(said, /\+OK|PONG/)
})

test('nats-server takes both configurations with TLS, also between nodes', async (t) => {
  for (const name of ['nats.conf', 'cluster.conf']) {
    t.is(await complaintsAbout(join(configuration, name), { ...natsVariables, ...environment }), '')
    const missing = { ...natsVariables, ...environment, NATS_TLS_CERT: '/nowhere/cert.pem' }
    t.regex(await complaintsAbout(join(configuration, name), missing), /\/nowhere\/cert\.pem|X509/i)
  }
})

/** Makes one that signs certificates; answers the file with its own. */
async function makeAuthority(directory: string, name: string): Promise<string> {
  const certificate = join(directory, `${name}.pem`)
  await openssl('req', '-x509', ...newKey(join(directory, `${name}.key`)), '-out', certificate, '-subj', `/CN=${name}`)
  return certificate
}

/** Makes the server's certificate, signed by `ca`; answers its variables. */
async function makeCertificate(directory: string): Promise<Record<string, string>> {
  const [certificate, key] = [join(directory, 'server.pem'), join(directory, 'server.key')]
  const authority = ['-CA', join(directory, 'ca.pem'), '-CAkey', join(directory, 'ca.key')]
  const names = ['-subj', '/CN=nats', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost']
  await openssl('req', '-x509', ...newKey(key), ...authority, '-out', certificate, ...names)
  return { NATS_TLS_CERT: certificate, NATS_TLS_KEY: key }
}

function newKey(file: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-keyout', file]
}

async function openssl(...args: string[]): Promise<void> {
  const { path } = await requireProgram('openssl')
  await run(path, args, { timeout: 10_000 })
}
