/**
 * Header fields as they are sent, `Name: value` and a line break each. Names and values are our own, or were looked through for line
 * breaks: nobody looks for them again.
 */
export type HeaderLines = string

/** Names and values in turn. */
export function fieldsOf(lines: HeaderLines): string[] {
  return lines
    .split('\r\n')
    .slice(0, -1)
    .flatMap((line) => {
      const colon = line.indexOf(': ')
      return [line.slice(0, colon), line.slice(colon + 2)]
    })
}
