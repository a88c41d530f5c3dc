/** HTML that is safe to send: made by `html`, where everything put in is escaped. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What a template takes: text and numbers are escaped, HTML and lists are put in as they are, the rest is nothing. */
export type HtmlPart = Html | string | number | false | null | undefined | readonly HtmlPart[]

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as it may stand between tags and in quoted attributes. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}

/** A template of HTML. Attribute values stand in double quotes; `href` takes only paths that our code builds with `encodeURIComponent`. */
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
