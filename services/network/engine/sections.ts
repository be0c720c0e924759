import type { Choice, Step } from './generation.ts'

/** Steps of one kind in a row: a thought, words, or one call of a tool. */
export interface Section {
  readonly kind: Step['kind']
  /** Of a tool. */
  readonly name: string
  readonly text: string
  readonly steps: readonly Step[]
}

/** The parts that the newer APIs tell an answer in. */
export function sectionsOf({ steps }: Choice): readonly Section[] {
  const groups: Step[][] = []
  for (const step of steps) {
    const group = groups.at(-1)
    if (group !== undefined && !startsSection(step, group)) group.push(step)
    else groups.push([step])
  }
  return groups.map((group) => ({
    kind: group[0]?.kind ?? 'content',
    name: group[0]?.call?.name ?? '',
    text: group.map(({ text }) => text).join(''),
    steps: group
  }))
}

/** Whether a step begins a section of its own after `group`. */
export function startsSection(step: Step, group: readonly Step[]): boolean {
  const last = group.at(-1)
  return last === undefined || last.kind !== step.kind || last.call?.index !== step.call?.index
}
