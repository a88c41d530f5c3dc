import type { Html } from '../views/html.ts'

/** The four lines of Trusted Types that we need; TypeScript does not know them yet. */
declare global {
  interface TrustedHtmlPolicy {
    createHTML(text: string): string
  }
  var trustedTypes: { createPolicy(name: string, rules: TrustedHtmlPolicy): TrustedHtmlPolicy } | undefined
}

const rules: TrustedHtmlPolicy = { createHTML: (text) => text }
const policy = globalThis.trustedTypes?.createPolicy('ticketing', rules) ?? rules

/** The elements of a template: the only place where text becomes HTML. */
export function elementsOf(content: Html): DocumentFragment {
  const template = document.createElement('template')
  template.innerHTML = policy.createHTML(content.text)
  return template.content
}
