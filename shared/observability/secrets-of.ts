import { isSecretName, percentDecoded } from './redact.ts'

/** Of settings such as STRIPE_KEY; a public key is no secret. */
const keyName = /(?<!public_?)key$/i
/** In each of the URLs that name the nodes of a cluster; all of them together are not one that can be parsed. */
const userAndPassword = /:\/\/(?<username>[^\s:/@]*):(?<password>[^\s@/]+)@/g
/** What is shorter would be found in harmless words. */
const shortest = 6

/**
 * The secrets among a process's settings, by their names, and the passwords in its connection strings: for the logger, so
 * that they never reach a line.
 */
export function secretsOf(settings: object): string[] {
  const found = Object.entries(settings).flatMap(([name, value]) => {
    if (typeof value === 'object' && value !== null) return secretsOf(value)
    if (typeof value !== 'string') return []
    return isSecretName(name) || keyName.test(name) ? [value] : passwordsIn(value)
  })
  // Texts are decoded before secrets are looked for in them.
  const secrets = new Set(found.flatMap((secret) => [secret, percentDecoded(secret)]))
  return [...secrets].filter((secret) => secret.length >= shortest)
}

/** A password that is its user's name gives nothing away, and would be missed in every sentence about the server. */
function passwordsIn(text: string): string[] {
  const urls = [URL.parse(text), ...[...text.matchAll(userAndPassword)].map(({ groups }) => groups)]
  return urls.flatMap((url) => (url?.password && url.password !== url.username ? [url.password] : []))
}
