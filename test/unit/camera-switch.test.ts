import test from 'ava'
import { CameraSwitch } from '../../gateway/storefront/browser/camera-switch.ts'

/** A switch whose camera starts, or fails to, when the test says so. */
function newSwitch() {
  const starts: PromiseWithResolvers<{ stop(): void }>[] = []
  const states: string[] = []
  const cameras = { running: 0 }
  const camera = new CameraSwitch({
    start() {
      const asked = Promise.withResolvers<{ stop(): void }>()
      starts.push(asked)
      return asked.promise
    },
    changed: (state) => states.push(state),
  })
  const stop = (): void => {
    cameras.running -= 1
  }
  return {
    ...{ camera, starts, states, cameras },
    /** Somebody allows the camera. */
    allow(): void {
      cameras.running += 1
      starts.at(-1)?.resolve({ stop })
    },
  }
}

test('a camera that is stopped while it starts does not run', async (t) => {
  const { camera, states, cameras, allow } = newSwitch()
  const starting = camera.on()
  camera.off()
  allow()
  await starting
  t.is(cameras.running, 0)
  t.deepEqual(states, ['starting', 'off'])
})

test('a page that is left and seen again during the question for permission asks once, and one camera runs', async (t) => {
  const { camera, starts, states, cameras, allow } = newSwitch()
  const starting = camera.on()
  camera.off(true)
  await camera.on()
  allow()
  await starting
  t.is(starts.length, 1)
  t.is(cameras.running, 1)
  t.is(states.at(-1), 'on')
  camera.off()
  t.is(cameras.running, 0)
  t.is(states.at(-1), 'off')
})

test('a camera that was allowed while the page was hidden starts once the page is seen', async (t) => {
  const { camera, states, cameras, allow } = newSwitch()
  const starting = camera.on()
  camera.off(true)
  allow()
  await starting
  t.is(cameras.running, 0)
  t.is(states.at(-1), 'starting')
  const again = camera.on()
  allow()
  await again
  t.is(cameras.running, 1)
  t.is(states.at(-1), 'on')
})

test('a camera that is forbidden or missing can be started again', async (t) => {
  const { camera, starts, states, cameras, allow } = newSwitch()
  const forbidden = camera.on()
  starts.at(-1)?.reject(new DOMException('', 'NotAllowedError'))
  await forbidden
  t.is(states.at(-1), 'refused')
  const missing = camera.on()
  starts.at(-1)?.reject(new DOMException('', 'NotFoundError'))
  await missing
  t.is(states.at(-1), 'none')
  const third = camera.on()
  allow()
  await third
  t.is(cameras.running, 1)
})
