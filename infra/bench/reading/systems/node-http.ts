import { readFileSync } from 'node:fs'
import { given, listen } from './listen.ts'

/* Nothing but Node: the same bytes for everybody. */

const body = readFileSync(given('REPLY_FILE'))
const headers = { 'Content-Type': 'application/json', 'Content-Length': body.byteLength }

listen((_request, response) => {
  response.writeHead(200, headers)
  response.end(body)
})
