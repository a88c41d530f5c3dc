import { generateKeyPairSync } from 'node:crypto'

/** A new key for the codes of tickets, as `TICKET_KEYS` takes it. */
export function newTicketKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519')
  return privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
}
