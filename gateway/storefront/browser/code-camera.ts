import type { Camera } from './camera-switch.ts'
import { scriptAddress } from './trusted-html.ts'

/* Reads the codes of tickets from the camera. */

/** Not in TypeScript's types yet: the browser's own reader of codes, on phones and on macOS. */
interface BarcodeDetector {
  detect(source: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]>
}
interface BarcodeDetectors {
  new (options: { readonly formats: readonly string[] }): BarcodeDetector
  getSupportedFormats(): Promise<readonly string[]>
}

/** Answers the text of a code in the picture, or ''. */
type ReadCode = (video: HTMLVideoElement) => Promise<string>

/** Pause between two readings: codes are found at once, and the battery lasts. */
const everyMs = 120
/** Longest side of the picture that is searched without BarcodeDetector: a code of a ticket has some 60 squares on a side. */
const searchedPixels = 640

/**
 * Starts the camera at the back and calls `onCode` for every code that it sees, many times a second. Throws `NotAllowedError` if it may
 * not, and other errors if there is none. `findVideo`: called after the permission, because the page may change until then.
 */
export async function startCamera(
  findVideo: () => HTMLVideoElement | null,
  onCode: (code: string) => void,
): Promise<Camera> {
  const wanted = { facingMode: 'environment', width: { ideal: 1_280 }, height: { ideal: 720 } }
  const stream = await navigator.mediaDevices.getUserMedia({ video: wanted })
  try {
    const video = findVideo()
    if (video === null) throw new Error('the page shows no picture')
    return await readCodes(video, stream, onCode)
  } catch (error) {
    stopTracks(stream)
    throw error
  }
}

async function readCodes(
  video: HTMLVideoElement,
  stream: MediaStream,
  onCode: (code: string) => void,
): Promise<Camera> {
  video.srcObject = stream
  await video.play()
  const reader = await createReader()
  // The screen stays on; not every browser can, and a low battery forbids it.
  const wake = await navigator.wakeLock?.request('screen').catch(() => undefined)
  let isStopped = false
  const look = async (): Promise<void> => {
    if (isStopped) return
    const code = video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA ? '' : await reader.read(video).catch(() => '')
    if (code !== '' && !isStopped) onCode(code)
    setTimeout(() => void look(), everyMs)
  }
  void look()
  return {
    stop() {
      isStopped = true
      reader.end()
      void wake?.release()
      stopTracks(stream)
      video.srcObject = null
    },
  }
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}

async function createReader(): Promise<{ readonly read: ReadCode; end(): void }> {
  const { BarcodeDetector: Detector } = globalThis as { BarcodeDetector?: BarcodeDetectors }
  const formats = (await Detector?.getSupportedFormats().catch(() => [])) ?? []
  if (Detector !== undefined && formats.includes('qr_code')) {
    const detector = new Detector({ formats: ['qr_code'] })
    return { read: async (video) => (await detector.detect(video))[0]?.rawValue ?? '', end: () => undefined }
  }
  const worker = new Worker(scriptAddress(codeWorkerPath()), { type: 'module' })
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d', { willReadFrequently: true })
  return {
    async read(video) {
      const scale = Math.min(1, searchedPixels / Math.max(video.videoWidth, video.videoHeight))
      canvas.width = Math.round(video.videoWidth * scale)
      canvas.height = Math.round(video.videoHeight * scale)
      context?.drawImage(video, 0, 0, canvas.width, canvas.height)
      const picture = context?.getImageData(0, 0, canvas.width, canvas.height)
      if (picture === undefined) return ''
      return new Promise<string>((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<string>) => resolve(data)
        worker.onerror = () => reject(new Error('the reader of codes could not be loaded'))
        const { data, width, height } = picture
        worker.postMessage({ data, width, height }, [data.buffer])
      })
    },
    end: () => worker.terminate(),
  }
}

/** The address of the reader that is used without BarcodeDetector. It belongs to the same release as this script. */
export function codeWorkerPath(): string {
  return new URL('./code-worker.js', import.meta.url).pathname
}
