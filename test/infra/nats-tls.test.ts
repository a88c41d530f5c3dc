import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import { Bus } from '#shared/messaging/bus.ts'
import type { Server } from '../../infra/system/server.ts'
import { startNatsNode } from '../../infra/system/servers/nats.ts'
import { natsUrls, newNatsPasswords, passwordVariables } from '../../infra/system/servers/nats-users.ts'
import { makeCertificate } from '../support/certificates.ts'
import { complaintsAbout, editedNatsConfiguration, natsVariables } from '../support/nats-configuration.ts'
import { createTestDirectory, startTestNats } from '../support/servers.ts'

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
  const edit = { from: '# include "tls.conf"', to: 'include "tls.conf"' }
  configuration = await editedNatsConfiguration(['nats.conf', 'cluster.conf'].map((file) => ({ file, ...edit })))
  const directory = await createTestDirectory('nats-tls')
  const authority = await makeCertificate(directory, 'ca')
  const hosts = 'IP:127.0.0.1,DNS:localhost'
  const { certificateFile, keyFile } = await makeCertificate(directory, 'server', { hosts, signedBy: authority })
  caFile = authority.certificateFile
  strangersCaFile = (await makeCertificate(directory, 'stranger')).certificateFile
  environment = {
    NATS_TLS_CERT: certificateFile,
    NATS_TLS_KEY: keyFile,
    NATS_TLS_CA: caFile,
    ...passwordVariables(passwords),
  }
  server = await startNatsNode({
    dataDirectory: directory,
    configFile: join(configuration, 'nats.conf'),
    serverName: 'nats-tls',
    environment,
  })
  url = natsUrls(server.url, passwords).operator.replace('nats://', 'tls://')
})

test.after.always(() => server?.stop())

test('a client that knows the authority connects encrypted, by tls:// as by nats://', async (t) => {
  for (const each of [url, url.replace('tls://', 'nats://')]) {
    const bus = await Bus.connect({ url: each, caFile, name: 'test', timeoutMs: 15_000 })
    t.teardown(() => bus.close())
    await t.throwsAsync(bus.request('ticketing.v1.event.view-event', nothing, 2_000), { message: /is not running/ })
  }
})

test('a client refuses a server whose authority is unknown or another', async (t) => {
  for (const file of [undefined, strangersCaFile]) {
    const connecting = Bus.connect({ url, caFile: file, name: 'test', timeoutMs: 15_000 })
    await t.throwsAsync(connecting, { message: /certificate/ })
  }
})

test('a missing file of the authority is named', async (t) => {
  const connecting = Bus.connect({ url, caFile: '/nowhere/ca.pem', name: 'test', timeoutMs: 15_000 })
  await t.throwsAsync(connecting, { message: /\/nowhere\/ca\.pem/ })
})

test('a client with tls:// refuses a server that does not encrypt', async (t) => {
  const plain = await startTestNats()
  t.teardown(() => plain.stop())
  const connecting = Bus.connect({ url: plain.url.replace('nats://', 'tls://'), name: 'test', timeoutMs: 15_000 })
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
