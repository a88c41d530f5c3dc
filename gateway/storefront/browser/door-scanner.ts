import { shownMs } from '../views/door/answer-screen.ts'
import type { DoorState } from '../views/door/door-state.ts'
import * as words from '../views/words/door.ts'
import type { Fault } from './api.ts'
import { CameraSwitch } from './camera-switch.ts'
import { startCamera } from './code-camera.ts'
import { signal } from './door-signals.ts'
import type { Island } from './island.ts'
import type { ScanQueue } from './scan-queue.ts'
import { faultText } from './staff.ts'

/** A code that the camera still sees is not scanned again. */
const sameCodeMs = 3_000

export interface DoorScannerParts {
  readonly island: Island<DoorState>
  /** Undefined until it is restored. */
  queue(): ScanQueue | undefined
}

/** Reads codes from the camera and from what is typed, one after the other, and shows each answer for some seconds. */
export class DoorScanner {
  readonly camera: CameraSwitch
  readonly #parts: DoorScannerParts
  readonly #lastSeen = { code: '', at: Number.NEGATIVE_INFINITY }
  #scans = Promise.resolve()
  #answerTimer: ReturnType<typeof setTimeout> | undefined

  constructor(parts: DoorScannerParts) {
    this.#parts = parts
    this.camera = new CameraSwitch({
      start: () =>
        startCamera(
          () => document.querySelector('#camera'),
          (code) => this.#see(code),
        ),
      changed: (state) => parts.island.set({ camera: state }),
    })
  }

  checkTyped(form: HTMLElement): void {
    const { island } = this.#parts
    const input = form.querySelector('input')
    const text = input?.value.trim() ?? ''
    if (input === null || text === '') {
      if (island.state.answer === null) island.set({ codeFault: words.codeMissing })
      this.next()
      return
    }
    input.value = ''
    if (hasTouch()) input.blur()
    void this.#scan(text)
  }

  /** Takes the answer away. */
  next(): void {
    const { island } = this.#parts
    clearTimeout(this.#answerTimer)
    if (island.state.answer === null) return
    const hadFocus = document.activeElement?.id === 'next'
    island.set({ answer: null })
    if (hadFocus) queueMicrotask(focusCode)
  }

  #see(code: string): void {
    const { access, isChecking } = this.#parts.island.state
    if (access !== 'open') {
      this.camera.off()
      return
    }
    const last = this.#lastSeen
    const now = performance.now()
    const isSame = code === last.code && now - last.at < sameCodeMs
    // What comes during a check is seen again in the next picture.
    if (!isSame && isChecking) return
    last.code = code
    last.at = now
    if (!isSame) void this.#scan(code)
  }

  #scan(text: string): Promise<void> {
    // One that fails must not end the others.
    this.#scans = this.#scans
      .then(() => this.#scanNow(text))
      .catch((error: unknown) => this.#notChecked(error))
      .catch(reportError)
    return this.#scans
  }

  #notChecked(error: unknown): never {
    this.#parts.island.set({ isChecking: false, codeFault: words.notChecked })
    signal(false)
    throw error
  }

  async #scanNow(text: string): Promise<void> {
    const { island } = this.#parts
    const queue = this.#parts.queue()
    const { gate } = island.state
    if (queue === undefined || gate === null) return
    clearTimeout(this.#answerTimer)
    island.set({ isChecking: true, codeFault: null, answer: null })
    const { answer, fault } = await queue.decide(text, gate)
    island.set({ isChecking: false })
    if (fault !== undefined) {
      island.set({ codeFault: doorFaultText(fault) })
      signal(false)
      return
    }
    const isEntering = answer.outcome === 'admitted'
    island.set({ answer })
    signal(isEntering)
    this.#answerTimer = setTimeout(() => this.next(), isEntering ? shownMs.enter : shownMs.refusal)
  }
}

/** What the door says in place of an answer. */
export function doorFaultText(fault: Fault): string | null {
  return fault.status === 404 ? words.noEvent : faultText(fault)
}

/** Puts the focus where the next ticket is scanned: not into the box on phones, where the keyboard would cover the page. */
export function focusCode(): void {
  document.querySelector<HTMLElement>(hasTouch() ? '#camera-button' : '#code')?.focus()
}

function hasTouch(): boolean {
  return matchMedia('(pointer: coarse)').matches
}
