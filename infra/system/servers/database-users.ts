import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type DatabaseUser, databaseUsers } from '#shared/process/config.ts'
import { keptSecrets } from '../../kept-file.ts'

/** Of a private PostgreSQL. The superuser sets it up and is given to no process. */
export type DatabasePasswords = Readonly<Record<DatabaseUser | 'superuser', string>>

/** How each of them connects. */
export type DatabaseUrls = Readonly<Record<DatabaseUser, string>>

/** The PostgreSQL role of a user. */
export function roleOf(user: DatabaseUser): string {
  return `ticketing_${user}`
}

/** The passwords of the servers in a data folder, made on the first call and kept there. */
export function databasePasswords(dataDirectory: string): DatabasePasswords {
  const fresh = forEachOf(['superuser' as const, ...databaseUsers], newPassword)
  return keptSecrets(join(dataDirectory, 'database-passwords.json'), fresh)
}

/** `url` with the name and password of each user in place of its own. */
export function databaseUrls(url: string, passwords: DatabasePasswords): DatabaseUrls {
  return forEachOf(databaseUsers, (user) => {
    const its = new URL(url)
    its.username = roleOf(user)
    its.password = passwords[user]
    return its.href
  })
}

/** One URL for all of them, of a server that the user gave us. */
export function sameDatabaseUrl(url: string): DatabaseUrls {
  return forEachOf(databaseUsers, () => url)
}

/** 32 characters that need no quotes in URLs, in SQL or in a configuration. */
export function newPassword(): string {
  return randomBytes(24).toString('base64url')
}

export function forEachOf<User extends string>(
  users: readonly User[],
  make: (user: User) => string,
): Record<User, string> {
  return Object.fromEntries(users.map((user) => [user, make(user)])) as Record<User, string>
}
