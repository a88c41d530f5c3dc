import { DescribedApi, type Received, type Sent } from './described-api.ts'

let described: Promise<DescribedApi> | undefined

/**
 * Every answer of a gateway that tests look at must be one that its OpenAPI document declares. Throws where its status, its headers or any
 * member of its body is not.
 */
export async function checkAnswer(sent: Sent, received: Received): Promise<void> {
  // Made once, when the first answer comes.
  described ??= describeInDemoMode()
  const faults = (await described).faultsOfAnswer(sent, received)
  if (faults.length === 0) return
  const { method, url } = sent
  const answer = `${received.status} ${received.text.slice(0, 500)}`
  throw new Error(`/openapi.json does not declare what ${method} ${url} answered:\n${faults.join('\n')}\n${answer}`)
}

/** It has all routes. */
async function describeInDemoMode(): Promise<DescribedApi> {
  const { openApiDocument } = await import('../../gateway/openapi/document.ts')
  return DescribedApi.of(openApiDocument('demo'))
}
