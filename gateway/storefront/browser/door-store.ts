import type { TicketList } from './decide-offline.ts'
import type { ScanStore, StoredScan, StoredWrongEntry } from './stored-scan.ts'

/* What a device at the door keeps across reloads, in IndexedDB. */

/** The tickets of an event, and when they were loaded. */
export interface StoredList extends TicketList {
  readonly event_id: string
  readonly event: { readonly name: string; readonly tz: string | null }
  /** ISO 8601, UTC, by the clock of this device. */
  readonly loaded_at: string
}

/** Lists of other events are deleted after this time. */
const listsLastMs = 7 * 86_400_000

/** Throws where the browser does not store anything. */
export async function openDoorStore(): Promise<DoorStore> {
  const opening = indexedDB.open('ticketing-door', 1)
  opening.onupgradeneeded = () => {
    const { result } = opening
    result.createObjectStore('lists', { keyPath: 'event_id' }).createIndex('loaded_at', 'loaded_at')
    // In the order in which they were scanned; a clock may go back.
    result.createObjectStore('scans', { keyPath: 'order', autoIncrement: true }).createIndex('scan_id', 'scan_id')
    result.createObjectStore('wrong-entries', { keyPath: 'scan_id' })
  }
  return new DoorStore(await done(opening))
}

export class DoorStore implements ScanStore {
  readonly #database: IDBDatabase

  constructor(database: IDBDatabase) {
    this.#database = database
  }

  async list(eventId: string): Promise<StoredList | null> {
    return (await done<StoredList | undefined>(this.#read('lists').get(eventId))) ?? null
  }

  /** Replaces the list of an event. */
  async putList(list: StoredList): Promise<void> {
    const oldest = new Date(Date.parse(list.loaded_at) - listsLastMs).toISOString()
    const old = await done(this.#read('lists').index('loaded_at').getAllKeys(IDBKeyRange.upperBound(oldest)))
    await this.#write(['lists'], ([store]) => {
      for (const eventId of old) store?.delete(eventId)
      store?.put(list)
    })
  }

  async deleteList(eventId: string): Promise<void> {
    await this.#write(['lists'], ([store]) => store?.delete(eventId))
  }

  async scans(eventId: string): Promise<StoredScan[]> {
    const all = await done<StoredScan[]>(this.#read('scans').getAll())
    return all.filter(({ event_id }) => event_id === eventId)
  }

  wrongEntries(eventId: string): Promise<StoredWrongEntry[]> {
    return done<StoredWrongEntry[]>(this.#read('wrong-entries').getAll()).then((all) =>
      all.filter(({ event_id }) => event_id === eventId),
    )
  }

  async deleteWrongEntry(scanId: string): Promise<void> {
    await this.#write(['wrong-entries'], ([store]) => store?.delete(scanId))
  }

  async putScans(
    changes: ReadonlyMap<string, StoredScan | null>,
    wrong: readonly StoredWrongEntry[] = [],
  ): Promise<void> {
    await this.#write(['scans', 'wrong-entries'], ([scans, wrongEntries]) => {
      for (const each of wrong) wrongEntries?.put(each)
      for (const [scanId, scan] of changes) {
        const finding = scans?.index('scan_id').getKey(scanId)
        if (scans === undefined || finding === undefined) continue
        finding.onsuccess = () => {
          const order = finding.result
          if (scan === null) {
            if (order !== undefined) scans.delete(order)
          } else scans.put(order === undefined ? scan : { ...scan, order })
        }
      }
    })
  }

  #read(name: string): IDBObjectStore {
    return this.#database.transaction(name).objectStore(name)
  }

  /** Throws when the device is full. */
  #write(names: readonly string[], change: (stores: readonly IDBObjectStore[]) => void): Promise<void> {
    const transaction = this.#database.transaction(names, 'readwrite', { durability: 'strict' })
    change(names.map((name) => transaction.objectStore(name)))
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error ?? new Error('the device stored nothing'))
    })
  }
}

function done<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('the device did not answer'))
  })
}
