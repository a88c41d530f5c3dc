/** An instruction of a Dockerfile: its name, and the rest of its lines as one. */
export interface Instruction {
  readonly name: string
  readonly rest: string
}

/** A stage: what it starts from and what is done on top of it. */
export interface Stage {
  readonly image: string
  /** '' for a stage that no other copies from. */
  readonly name: string
  readonly instructions: readonly Instruction[]
}

/** Reads the stages of a Dockerfile. */
export function parseDockerfile(text: string): Stage[] {
  const lines = text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
  const stages: { image: string; name: string; instructions: Instruction[] }[] = []
  for (const line of lines) {
    const [, instruction, rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? []
    if (instruction === undefined) continue
    if (instruction === 'FROM') {
      const [image = '', , name = ''] = rest.split(/\s+/)
      stages.push({ image, name, instructions: [] })
    } else stages.at(-1)?.instructions.push({ name: instruction, rest })
  }
  return stages
}
