import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'

/** Where a needle lay in a process's memory. */
export interface MemoryFinding {
  readonly pid: number
  readonly region: string
  readonly form: string
}

const CHUNK = 4 * 1024 * 1024

/** The forms in which a text may lie in memory, a file or a row: as bytes, as two-byte characters, as hex, as base64. */
export function formsOf(text: string): ReadonlyMap<string, Buffer> {
  const utf8 = Buffer.from(text)
  const forms = new Map<string, Buffer>([
    ['utf8', utf8],
    ['utf16', Buffer.from(text, 'utf16le')],
    ['hex', Buffer.from(utf8.toString('hex'))],
    ['HEX', Buffer.from(utf8.toString('hex').toUpperCase())]
  ])
  // Base64 of the text within something longer starts at one of three phases; its first and last digits mix with neighbours.
  for (const phase of [0, 1, 2]) {
    const digits = Buffer.concat([Buffer.alloc(phase), utf8])
      .toString('base64')
      .replace(/=+$/, '')
    forms.set(`base64+${phase}`, Buffer.from(digits.slice(phase === 0 ? 0 : phase + 1, -1)))
  }
  return forms
}

/** Every form of the text that a process of ours has in memory that it can write to; none if it has ended. Linux only. */
export function scanMemory(pid: number, text: string): readonly MemoryFinding[] {
  const forms = formsOf(text)
  const overlap = Math.max(...[...forms.values()].map((form) => form.byteLength)) - 1
  const findings: MemoryFinding[] = []
  const memory = openMemory(pid)
  if (memory === undefined) return []
  try {
    for (const { start, end, name } of writableRegions(pid)) {
      const found = scanRegion({ memory, start, end, overlap }, forms)
      for (const form of found) findings.push({ pid, region: name, form })
    }
  } finally {
    closeSync(memory)
  }
  return findings
}

function openMemory(pid: number): number | undefined {
  try {
    return openSync(`/proc/${pid}/mem`, 'r')
  } catch (error) {
    if (!existsSync(`/proc/${pid}`)) return undefined
    throw error
  }
}

/** A process and all that it started. */
export function processTree(pid: number): readonly number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const [, , parent] = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/\(.*\)/s, '()')
        .split(' ')
        .slice(1, 4)
      parents.set(Number(name), Number(parent ?? 0))
    } catch {
      // It ended while we looked.
    }
  }
  const tree = [pid]
  for (const member of tree) for (const [child, parent] of parents) if (parent === member) tree.push(child)
  return tree
}

interface Region {
  readonly memory: number
  readonly start: bigint
  readonly end: bigint
  readonly overlap: number
}

function scanRegion({ memory, start, end, overlap }: Region, forms: ReadonlyMap<string, Buffer>): ReadonlySet<string> {
  const found = new Set<string>()
  const buffer = Buffer.alloc(CHUNK)
  for (let at = start; at < end; at += BigInt(CHUNK - overlap)) {
    const wanted = Number(end - at < BigInt(CHUNK) ? end - at : BigInt(CHUNK))
    const length = readPages(memory, buffer, wanted, at)
    for (const [name, form] of forms) if (buffer.subarray(0, length).includes(form)) found.add(name)
    buffer.fill(0, 0, length)
  }
  return found
}

function readPages(memory: number, buffer: Buffer, length: number, position: bigint): number {
  try {
    return readSync(memory, buffer, 0, length, position)
  } catch {
    // A guard page, or the region is gone.
    return 0
  }
}

function writableRegions(
  pid: number
): readonly { readonly start: bigint; readonly end: bigint; readonly name: string }[] {
  return readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, start, end, name = ''] = /^([0-9a-f]+)-([0-9a-f]+) rw\S* \S+ \S+ \S+ *(.*)$/.exec(line) ?? []
      if (start === undefined || end === undefined) return []
      return [{ start: BigInt(`0x${start}`), end: BigInt(`0x${end}`), name }]
    })
}
