import { percentDecoded } from './redact.ts'

/** Names of settings such as ORGANISER_KEY and sessionSecret; a public key is none. */
const secretSetting = /(?<!public_?)(?:secret|password|token|key)$/i
/** What is shorter would be found in harmless words. */
const shortest = 6

/**
 * The secrets among a process's settings, by their names, and the passwords in its connection strings: for the logger, so
 * that they never reach a line.
 */
export function secretsOf(settings: object): string[] {
  const secrets = Object.entries(settings).flatMap(([name, value]) => {
    if (typeof value === 'object' && value !== null) return secretsOf(value)
    if (typeof value !== 'string') return []
    return secretSetting.test(name) ? [value] : passwordsIn(value)
  })
  return secrets.filter((secret) => secret.length >= shortest)
}

/** A password that is its user's name gives nothing away, and would be missed in every sentence about the server. */
function passwordsIn(text: string): string[] {
  const url = URL.parse(text)
  if (url === null || url.password === '' || url.password === url.username) return []
  return [url.password, percentDecoded(url.password)]
}
