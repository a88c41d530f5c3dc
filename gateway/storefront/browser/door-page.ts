import { doorEntrance, doorPage } from '../views/door/door-page.ts'
import type { DoorState } from '../views/door/door-state.ts'
import * as words from '../views/words/door.ts'
import { codeWorkerPath } from './code-camera.ts'
import { DoorList, manifestPath } from './door-list.ts'
import { DoorScanner, doorFaultText, focusCode } from './door-scanner.ts'
import { allowSound } from './door-signals.ts'
import { openDoorStore } from './door-store.ts'
import { focusAfterUpdate } from './island.ts'
import { becomeOnlyTab } from './only-tab.ts'
import { doors, openOffline } from './saved-pages.ts'
import { ScanQueue } from './scan-queue.ts'
import { startStaffPage } from './staff.ts'

/** The door: scans tickets, also without a connection. */

/** Pause between attempts while the gateway does not answer. */
const retryEveryMs = 5_000
/** The device decides alone rather than wait longer. */
const startWithinMs = 2_000

const gateStorage = 'ticketing-gate'

/** What this device keeps across reloads. */
interface Device {
  readonly list: DoorList
  readonly queue: ScanQueue
}

const page = startStaffPage<DoorState>({
  entrance: doorEntrance,
  view: doorPage,
  load,
  mayLeave: leave,
  actions: {
    chooseGate: (_, form) => chooseGate(form),
    changeGate() {
      scanner.camera.off()
      island.set({ isChoosingGate: true })
      focusAfterUpdate('#gate')
    },
    startCamera: () => scanner.camera.on(),
    stopCamera: () => scanner.camera.off(),
    check: (_, form) => scanner.checkTyped(form),
    next: () => scanner.next(),
    tickOff: (_, { dataset }) => device?.queue.tickOff(dataset.scan ?? ''),
    loadList: () => device && refreshList(device),
  },
})
const { island } = page
const { eventId } = island.state
/** Its short answer says whether the gateway answers this device. */
const probePath = `${manifestPath(eventId)}?limit=1`

/** Undefined until what it has stored was read. */
let device: Device | undefined
let isTicking = false
const scanner = new DoorScanner({ island, queue: () => device?.queue })
/** Two tabs would not know of each other's entries, so the second waits for the end of the first. */
const onlyTab = becomeOnlyTab(`door ${eventId}`, () => island.set({ fault: words.openElsewhere })).then(
  () => island.set({ fault: null }),
  reportError,
)

setInterval(() => void tick(), retryEveryMs)
addEventListener('online', () => void tick())
addEventListener('click', allowSound)
addEventListener('keydown', (event) => {
  allowSound()
  if (event.key === 'Escape') scanner.next()
  // A hand scanner types wherever the focus is.
  const isText = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey
  const isElsewhere = !(event.target instanceof HTMLInputElement)
  if (isText && isElsewhere && event.key !== ' ') document.querySelector<HTMLInputElement>('#code')?.focus()
})
document.addEventListener('visibilitychange', () => {
  // Phones take the camera away from hidden pages.
  if (document.visibilityState === 'hidden') return scanner.camera.off(true)
  if (island.state.camera === 'starting') void scanner.camera.on()
  void tick()
})

/** Once when the page has started, and again after somebody has signed in. */
async function load(): Promise<void> {
  await onlyTab
  device ??= await restore()
  const { list, queue } = device
  // With a list the device can work at once; without one it needs an answer.
  const hasList = list.current !== null
  const answer = await (hasList ? page.ask('GET', probePath, { deadlineMs: startWithinMs }) : page.read(probePath))
  if (!answer.ok) {
    if (hasList && answer.problem.status !== 401) {
      queue.isOnline = false
      island.set({ access: 'open' })
    } else island.set({ fault: doorFaultText(answer.problem) })
    return
  }
  island.set({ fault: null })
  queue.isOnline = true
  await queue.send()
  await refreshList(device)
  // Without this a browser may delete waiting scans when the device is full.
  void navigator.storage?.persist?.()
}

/** Reads what this device has stored, before anything is asked. */
async function restore(): Promise<Device> {
  const store = await openDoorStore().catch(() => null)
  const list = new DoorList({ eventId, store, island, ask: page.ask })
  const queue: ScanQueue = new ScanQueue({
    eventId,
    store,
    ask: page.ask,
    list: () => list.current,
    changed: () => showQueue(queue),
    counted,
    notStored: () => island.set({ isStored: false }),
  })
  const isRead = await queue.restore().then(
    () => true,
    () => false,
  )
  await list.restore()
  island.set({ isStored: store !== null && isRead, gate: storedGate() })
  showQueue(queue)
  openOffline(doors, [codeWorkerPath()]).catch(() => island.set({ opensOffline: false }))
  return { list, queue }
}

function showQueue({ isOnline, waiting, wrongEntries }: ScanQueue): void {
  island.set({ isOnline, waiting: waiting.length, wrongEntries, ...(waiting.length === 0 && { wantedToLeave: false }) })
}

function counted({ admitted, tickets }: NonNullable<DoorState['figures']>, newly: number): void {
  const atLeast = (island.state.figures?.admitted ?? 0) + newly
  island.set({ figures: { tickets, admitted: newly === 0 ? admitted : Math.max(admitted, atLeast) } })
}

async function refreshList({ list, queue }: Device): Promise<void> {
  const storedSince = await list.refresh()
  // Otherwise this device would have the old list after a reload, without the entries that only the new one contains.
  if (storedSince !== null) await queue.forgetBefore(storedSince)
}

/** Sends waiting scans, asks again whether the gateway answers, and reloads an old list. */
async function tick(): Promise<void> {
  if (device === undefined || isTicking || island.state.access === 'closed') return
  const { list, queue } = device
  isTicking = true
  try {
    if (island.state.access === 'asking') await load()
    else if (queue.waiting.length > 0) await queue.send()
    else if (!queue.isOnline) queue.isOnline = (await page.ask('GET', probePath)).ok
    if (queue.isOnline && list.isOld) await refreshList(device)
  } finally {
    isTicking = false
  }
}

function chooseGate(form: HTMLElement): void {
  const gate = form.querySelector('input')?.value.trim() ?? ''
  if (gate === '') {
    island.set({ gateFault: words.gateMissing })
    form.querySelector('input')?.focus()
    return
  }
  try {
    localStorage.setItem(gateStorage, gate)
  } catch {
    // Storage may be forbidden: after a reload the gate is chosen again.
  }
  island.set({ gate, isChoosingGate: false, gateFault: null })
  queueMicrotask(focusCode)
}

function storedGate(): string | null {
  try {
    return localStorage.getItem(gateStorage)
  } catch {
    return null
  }
}

/** Signing out deletes the list; scans that wait must have arrived. */
async function leave(): Promise<boolean> {
  await device?.queue.send()
  if (device !== undefined && device.queue.waiting.length > 0) {
    island.set({ wantedToLeave: true })
    return false
  }
  scanner.camera.off()
  await device?.list.delete()
  return true
}
