import type { SeatVersions } from '#shared/contracts/seats.ts'
import type { SeatFact } from '#shared/facts/places.ts'
import type { FactPosition } from '#shared/facts/stream.ts'
import type { SeatModel } from '../../gateway/streams/model.ts'
import { randomNumbers } from '../../infra/random-numbers.ts'

/*
 * Seats that change, the facts about them, two gateways with a model each, and clients that are cut off and come back, in steps of chance.
 * Facts are published in any order, some twice, and heard by each gateway in the order of the stream, at its own pace.
 */

const seatCount = 6
const clientCount = 4
const states = ['available', 'held', 'sold', 'blocked'] as const
const stream = '2026-11-30T12:00:00.123456789Z'

export type ModelClass = new (position: () => FactPosition | null) => SeatModel

interface Gateway {
  readonly model: SeatModel
  heard: number
  /** The load under way: reads the seats, then answers, in two steps. */
  load: { read: boolean; takeSnapshot(): void; answer(): Promise<void> } | null
}

interface Client {
  readonly seats: number[]
  id: string | null
  at: Gateway | null
}

/** Runs a world for so many steps, then lets it come to rest. Answers the seats that some client shows otherwise than the database. */
export async function differingSeats(Model: ModelClass, seed: number, steps = 150): Promise<number> {
  const random = randomNumbers(seed)
  const below = (limit: number): number => Math.floor(random() * limit)
  const pick = <T>(items: readonly T[]): T | undefined => items[below(items.length)]
  const database = Array.from({ length: seatCount }, () => ({ state: 0, version: 1 }))
  const outbox: SeatFact[][] = []
  const facts: SeatFact[][] = []
  let now = 0
  const gateways: Gateway[] = Array.from({ length: 2 }, () => {
    const gateway: Gateway = { heard: 0, load: null, model: new Model(() => ({ stream, sequence: gateway.heard })) }
    return gateway
  })
  const clients: Client[] = Array.from({ length: clientCount }, () => ({ seats: [], id: null, at: null }))

  const commit = (): void => {
    const seatNos = new Set(Array.from({ length: 1 + below(3) }, () => below(seatCount)))
    outbox.push(
      [...seatNos].map((seatNo) => {
        const seat = database[seatNo] ?? { state: 0, version: 0 }
        seat.state = (seat.state + 1 + below(3)) % 4
        seat.version += 1
        return [seatNo, states[seat.state] ?? 'available', seat.version] as const
      }),
    )
  }
  const publish = (): void => {
    const at = below(outbox.length)
    const fact = outbox[at]
    if (fact === undefined) return
    facts.push(fact)
    // Published at least once.
    if (random() < 0.8) outbox.splice(at, 1)
  }
  const hear = (gateway: Gateway): void => {
    const fact = facts[gateway.heard]
    if (fact === undefined) return
    gateway.model.receive(gateway.heard + 1, fact)
    gateway.heard += 1
  }
  const reset = (client: Client, gateway: Gateway): void => {
    const snapshot = gateway.model.snapshot()
    if (snapshot === null) throw new Error('a loaded model has no snapshot')
    const bytes = Buffer.from(snapshot.seats, 'base64')
    for (let seatNo = 0; seatNo < seatCount; seatNo += 1) {
      client.seats[seatNo] = ((bytes[seatNo >> 2] ?? 0) >> ((seatNo & 3) * 2)) & 3
    }
    client.id = snapshot.position
  }
  const take = (client: Client, gateway: Gateway, seatNos: Uint32Array, id: string): void => {
    for (const seatNo of seatNos) client.seats[seatNo] = gateway.model.codeOf(seatNo)
    client.id = id
  }
  const beginLoad = (gateway: Gateway): void => {
    if (gateway.load !== null) return
    const { promise, resolve } = Promise.withResolvers<SeatVersions>()
    let snapshot: SeatVersions | undefined
    const loaded = gateway.model.load(() => promise)
    gateway.load = {
      read: false,
      takeSnapshot() {
        snapshot = rowsOf(database)
        this.read = true
      },
      async answer() {
        resolve(snapshot ?? rowsOf(database))
        await loaded
        gateway.load = null
        for (const client of clients) if (client.at === gateway) reset(client, gateway)
      },
    }
  }
  const continueLoad = async (gateway: Gateway): Promise<void> => {
    if (gateway.load?.read === false) gateway.load.takeSnapshot()
    else await gateway.load?.answer()
  }
  const sendBatch = (gateway: Gateway): void => {
    const batch = gateway.model.takeBatch(now)
    if (batch === null) return
    for (const client of clients) if (client.at === gateway) take(client, gateway, batch.seatNos, batch.id)
  }
  const connect = (client: Client, gateway: Gateway): void => {
    if (!gateway.model.isLoaded) return
    client.at = gateway
    const { id } = client
    const seatNos = id === null ? null : gateway.model.namedSince(id)
    if (seatNos === null) reset(client, gateway)
    else take(client, gateway, seatNos, gateway.model.lastId ?? '')
  }

  for (let step = 0; step < steps; step += 1) {
    now += random() < 0.02 ? 31_000 : 20
    const gateway = pick(gateways)
    const client = pick(clients)
    if (gateway === undefined || client === undefined) continue
    const chance = random()
    if (chance < 0.2) commit()
    else if (chance < 0.4) publish()
    else if (chance < 0.6) hear(gateway)
    else if (chance < 0.72) sendBatch(gateway)
    else if (chance < 0.75) beginLoad(gateway)
    else if (chance < 0.85) await continueLoad(gateway)
    else if (client.at === null) connect(client, gateway)
    else client.at = null
  }

  // At rest: all is told, heard, loaded and sent, and every client is connected somewhere.
  while (outbox.length > 0) publish()
  for (const gateway of gateways) {
    if (!gateway.model.isLoaded) beginLoad(gateway)
    while (gateway.heard < facts.length) hear(gateway)
    while (gateway.load !== null) await continueLoad(gateway)
    sendBatch(gateway)
  }
  for (const client of clients) if (client.at === null) connect(client, pick(gateways) as Gateway)
  return clients.reduce(
    (sum, { seats }) => sum + database.filter(({ state }, seatNo) => seats[seatNo] !== state).length,
    0,
  )
}

function rowsOf(database: readonly { state: number; version: number }[]): SeatVersions {
  const codes = database.map(({ state }) => String(state)).join('')
  const versions = database.map(({ version }) => version)
  return { version: 1, cancelled: false, rows: [{ section: 'Stalls', first_seat_no: 0, codes, versions }], areas: [] }
}
