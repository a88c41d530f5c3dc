import type { Html } from '../views/html.ts'

/** The four lines of Trusted Types that we need; TypeScript does not know them yet. */
declare global {
  interface TrustedHtmlPolicy {
    createHTML(text: string): string
    createScriptURL(address: string): string
  }
  var trustedTypes: { createPolicy(name: string, rules: TrustedHtmlPolicy): TrustedHtmlPolicy } | undefined
}

const rules: TrustedHtmlPolicy = { createHTML: (text) => text, createScriptURL: (address) => address }
const policy = globalThis.trustedTypes?.createPolicy('ticketing', rules) ?? rules

/** The elements of a template: the only place where text becomes HTML. */
export function elementsOf(content: Html): DocumentFragment {
  const template = document.createElement('template')
  template.innerHTML = policy.createHTML(content.text)
  return template.content
}

/** The address of a script of ours, for a service worker: the only place where text becomes the address of a script. */
export function scriptAddress(path: string): string {
  return policy.createScriptURL(path)
}
