import { type NatsUser, natsUsers } from '#shared/process/config.ts'
import { forEachOf, newPassword } from './database-users.ts'

export type NatsPasswords = Readonly<Record<NatsUser, string>>

/** Where each of them finds NATS, with its name and password. */
export type NatsUrls = Readonly<Record<NatsUser, string>>

/** New random passwords. */
export function newNatsPasswords(): NatsPasswords {
  return forEachOf(natsUsers, newNatsPassword)
}

/** nats-server reads what looks like a number as one: hence the letters in front. */
export function newNatsPassword(): string {
  return `nats_${newPassword()}`
}

/** As `infra/deploy/nats/permissions.conf` expects them in the server's environment. */
export function passwordVariables(passwords: NatsPasswords): Record<string, string> {
  return Object.fromEntries(natsUsers.map((user) => [`NATS_PASSWORD_${user.toUpperCase()}`, passwords[user]]))
}

/** `address` as in `nats://127.0.0.1:4222`, or several of a cluster, joined by commas. */
export function natsUrls(address: string, passwords: NatsPasswords): NatsUrls {
  return forEachOf(natsUsers, (user) => address.replaceAll('://', `://${user}:${encodeURIComponent(passwords[user])}@`))
}

/** One URL for all of them, of a server that the user gave us. */
export function sameNatsUrl(url: string): NatsUrls {
  return forEachOf(natsUsers, () => url)
}
