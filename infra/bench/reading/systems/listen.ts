import type { AddressInfo } from 'node:net'
import type Koa from 'koa'

/** A value that the benchmark hands over in the environment. */
export function given(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is missing`)
  return value
}

/** Listens on a free port, tells the benchmark where, and ends with it. */
export function listen(app: Koa): void {
  const server = app.listen(0, '127.0.0.1', () => {
    process.send?.({ ready: true, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  })
  process.once('SIGTERM', () => process.exit())
  process.once('disconnect', () => process.exit())
}
