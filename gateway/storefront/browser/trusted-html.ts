import type { Html } from '../views/html.ts'

/** The few types of Trusted Types that we need; TypeScript does not have them yet. */
declare global {
  interface TrustedHtmlPolicy {
    createHTML(text: string): string
    createScriptURL(address: string): string
  }
  var trustedTypes: { createPolicy(name: string, rules: TrustedHtmlPolicy): TrustedHtmlPolicy } | undefined
}

const rules: TrustedHtmlPolicy = { createHTML: (text) => text, createScriptURL: (address) => address }
const policy = globalThis.trustedTypes?.createPolicy('ticketing', rules) ?? rules

/** The elements of a template. The only place where text becomes HTML. */
export function elementsOf(content: Html): DocumentFragment {
  const template = document.createElement('template')
  template.innerHTML = policy.createHTML(content.text)
  return template.content
}

/** The address of our own script, for a service worker. The only place where text becomes the address of a script. */
export function scriptAddress(path: string): string {
  return policy.createScriptURL(path)
}
