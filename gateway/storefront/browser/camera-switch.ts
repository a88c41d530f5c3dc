import type { CameraState } from '../views/door/door-state.ts'

export interface Camera {
  stop(): void
}

export interface CameraSwitchParts {
  /** Rejects with `NotAllowedError` where the camera may not be used. May take minutes: somebody is asked for permission. */
  start(): Promise<Camera>
  changed(state: CameraState): void
}

/** Turns the camera on and off, also while it starts. It never runs twice. */
export class CameraSwitch {
  readonly #parts: CameraSwitchParts
  #camera: Camera | undefined
  #isWanted = false
  #isStarting = false

  constructor(parts: CameraSwitchParts) {
    this.#parts = parts
  }

  async on(): Promise<void> {
    const { start, changed } = this.#parts
    if (this.#camera !== undefined) return
    this.#isWanted = true
    changed('starting')
    if (this.#isStarting) return
    this.#isStarting = true
    try {
      const camera = await start()
      // Stopped during the question for permission.
      if (!this.#isWanted) return camera.stop()
      this.#camera = camera
      changed('on')
    } catch (error) {
      if (!this.#isWanted) return
      this.#isWanted = false
      changed(error instanceof DOMException && error.name === 'NotAllowedError' ? 'refused' : 'none')
    } finally {
      this.#isStarting = false
    }
  }

  /** `startsAgain`: the page is hidden, and turns it on again once it is seen. */
  off(startsAgain = false): void {
    if (!this.#isWanted) return
    this.#isWanted = false
    this.#camera?.stop()
    this.#camera = undefined
    this.#parts.changed(startsAgain ? 'starting' : 'off')
  }
}
