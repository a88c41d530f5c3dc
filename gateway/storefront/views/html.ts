/** HTML that is safe to send: made by `html`, which escapes every value. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Values of a template: text and numbers are escaped, HTML and lists are inserted unchanged, all others insert nothing. */
export type HtmlPart = Html | string | number | false | null | undefined | readonly HtmlPart[]

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text escaped for use between tags and in quoted attributes. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}

/** A template of HTML. Attribute values stand in double quotes. `href` takes only paths that our code builds with `encodeURIComponent`. */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  let text = strings[0] ?? ''
  for (let at = 0; at < parts.length; at += 1) text += textOf(parts[at]) + (strings[at + 1] ?? '')
  return new Html(text)
}

function textOf(part: HtmlPart): string {
  if (part instanceof Html) return part.text
  if (typeof part === 'string') return escapeHtml(part)
  if (typeof part === 'number') return String(part)
  return Array.isArray(part) ? part.map(textOf).join('') : ''
}
