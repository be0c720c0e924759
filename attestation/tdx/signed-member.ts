import { AttestationError } from '../errors.ts'

/** Intel's longest answers are a tenth of it; the scan below would run out of stack at ten times it. */
const MAX_ANSWER = 1024 * 1024

/**
 * The value of a member of the JSON object `text`, byte for byte as it stands there: what Intel signed in a PCS or
 * PCCS answer is this substring, and writing the value again would change it. Refuses a member that is absent or
 * there twice, and more than 1 MiB.
 */
export function signedMember(text: string, member: string): string {
  if (text.length > MAX_ANSWER) throw malformed(`${text.length} characters, at most ${MAX_ANSWER}`)
  const found = readMembers(text).filter(({ name }) => name === member)
  const [only, ...more] = found
  if (only === undefined || more.length > 0) throw malformed(`${found.length} members ${member}`)
  return only.value
}

interface RawMember {
  readonly name: string
  readonly value: string
}

/** The object's own members with their raw values. JSON.parse has vouched for the syntax, so only depth matters. */
function readMembers(text: string): readonly RawMember[] {
  refuseNonObject(text)
  const [open = 0, ...separators] = topLevelMarks(text)
  const members: RawMember[] = []
  let from = open + 1
  for (let i = 0; i + 1 < separators.length; i += 2) {
    const [colon = 0, end = 0] = separators.slice(i, i + 2)
    members.push({ name: String(JSON.parse(text.slice(from, colon))), value: text.slice(colon + 1, end).trim() })
    from = end + 1
  }
  return members
}

/** Where the outermost object's `{`, then `:` and `,` by turns, and its `}` stand. */
function topLevelMarks(text: string): readonly number[] {
  const marks: number[] = []
  let depth = 0
  for (const { 0: token, index } of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/gs)) {
    if (token === '{' || token === '[') depth++
    if (depth === 1 && token.length === 1) marks.push(index)
    if (token === '}' || token === ']') depth--
  }
  return marks
}

function refuseNonObject(text: string): void {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw malformed('not JSON', cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('not a JSON object')
}

function malformed(message: string, cause?: unknown): AttestationError {
  return new AttestationError('COLLATERAL_MALFORMED', message, { cause })
}
