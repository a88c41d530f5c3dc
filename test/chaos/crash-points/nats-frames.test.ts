import test from 'ava'
import { NatsFrames } from './stand/nats-frames.ts'

const question = 'HPUB ticketing.v1.booking.begin-payment _INBOX.1.2 12 16\r\nNATS/1.0\r\n\r\n{"a"\r\n'
const conversation = `CONNECT {"verbose":false}\r\nPING\r\n${question}PUB plain 9\r\nPUB a 1\r\n\r\nPONG\r\n`

test('operations of NATS are told apart however they arrive, and none of their bytes is lost', (t) => {
  const bytes = Buffer.from(conversation)
  for (const size of [1, 7, bytes.length]) {
    const frames = new NatsFrames()
    const found = []
    for (let at = 0; at < bytes.length; at += size) found.push(...frames.push(bytes.subarray(at, at + size)))
    t.deepEqual(
      found.map(({ verb, subject, replyTo }) => [verb, subject, replyTo]),
      [
        ['CONNECT', '', ''],
        ['PING', '', ''],
        ['HPUB', 'ticketing.v1.booking.begin-payment', '_INBOX.1.2'],
        // What looks like an operation within a message is none.
        ['PUB', 'plain', ''],
        ['PONG', '', ''],
      ],
    )
    t.is(Buffer.concat(found.map((frame) => frame.bytes)).toString(), conversation)
  }
})

test('an answer that comes without headers, or asks for one itself, is read as well', (t) => {
  const frames = new NatsFrames().push(
    Buffer.from('MSG _INBOX.1.2 1 2\r\nhi\r\nHMSG a 2 back 12 12\r\nNATS/1.0\r\n\r\n\r\n'),
  )
  t.deepEqual(
    frames.map(({ verb, subject, replyTo }) => [verb, subject, replyTo]),
    [
      ['MSG', '_INBOX.1.2', ''],
      ['HMSG', 'a', 'back'],
    ],
  )
})
