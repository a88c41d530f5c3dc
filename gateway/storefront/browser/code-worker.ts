import jsQR from 'jsqr'

/* Reads QR codes in pictures of the camera, in a separate thread. Only browsers without BarcodeDetector load this. */

addEventListener('message', ({ data }: MessageEvent<Pick<ImageData, 'data' | 'width' | 'height'>>) => {
  const found = jsQR(data.data, data.width, data.height, { inversionAttempts: 'dontInvert' })
  postMessage(found?.data ?? '')
})
