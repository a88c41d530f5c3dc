/** A request as a document shows it for `curl`. */
export interface DocumentedRequest {
  /** As written, for messages. */
  readonly text: string
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body?: string
  /** The variable of the shell that gets the first id of the answer. */
  readonly keepsIdAs?: string
}

/** The requests of a Markdown text in their order. `$NAME` stands as it is, to be filled in when it is known; `$JSON` is known. */
export function documentedRequests(markdown: string): DocumentedRequest[] {
  const blocks = [...markdown.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block)
  const text = blocks.join('\n').replaceAll(/^\$ /gm, '').replaceAll(/\\\n/g, ' ')
  const calls = [...text.matchAll(/(?:(\w+)=\$\()?(curl (?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\n"'#|;)])*)/g)]
  return calls.map(([, variable, call = '']) => requestOf(call, variable))
}

function requestOf(call: string, variable: string | undefined): DocumentedRequest {
  const words = wordsOf(call).slice(1)
  const headers: Record<string, string> = {}
  let method: string | undefined
  let body: string | undefined
  let url = ''
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    const next = (): string => {
      at += 1
      return words[at] ?? ''
    }
    if (word === '-H') {
      const [name = '', ...value] = next().replace('$JSON', 'Content-Type: application/json').split(': ')
      headers[name.toLowerCase()] = value.join(': ')
    } else if (word === '-d') body = next()
    else if (word === '-X') method = next()
    else if (word === '-o' || word === '-w') next()
    else if (!word.startsWith('-')) url = word
  }
  return {
    text: call.trim(),
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    url,
    headers,
    ...(body === undefined ? {} : { body }),
    ...(variable === undefined ? {} : { keepsIdAs: variable }),
  }
}

/** Words as the shell splits them, without their quotes; variables stay as they are. */
function wordsOf(call: string): string[] {
  const words = [...call.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word)
  return words.map((word) =>
    word.replaceAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_all, double?: string, single?: string) =>
      double === undefined ? (single ?? '') : double.replaceAll(/\\(.)/g, '$1'),
    ),
  )
}
