const maxRemembered = 1_000
const remembered = new Map<string, boolean>()

/** Whether an `Accept-Encoding` header allows gzip, by RFC 9110, section 12.5.3. Clients send few different ones. */
export function acceptsGzip(header: string | undefined): boolean {
  if (header === undefined) return false
  const known = remembered.get(header)
  if (known !== undefined) return known
  const accepts = read(header)
  if (remembered.size < maxRemembered) remembered.set(header, accepts)
  return accepts
}

function read(header: string): boolean {
  const weights = new Map<string, number>()
  for (const item of header.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = item.split(';').map((part) => part.trim())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1'
    weights.set(coding, Number(weight) || 0)
  }
  return (weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0) > 0
}
