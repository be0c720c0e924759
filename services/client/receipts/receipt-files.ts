import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeBase64, decodeHex, encodeBase64, encodeHex } from '../../../attestation/encoding.ts'
import { parseReceipt, type Receipt } from '../../../attestation/receipt/receipt.ts'
import type { OwnRequest } from '../../../attestation/receipt/reconcile.ts'
import { parseUsage, type UsageStatement } from '../../../attestation/receipt/usage.ts'
import { listIfThere } from '../../runtime/stored-files.ts'
import { unixSeconds } from '../../runtime/time.ts'

/** What of a request has become known: its verified receipt, or the statement that a relay passed on. */
export interface KeptPart {
  /** `<session id>-<n>`. */
  readonly request: string
  readonly keysetDigest: Uint8Array
  readonly receipt?: Uint8Array
  readonly usage?: Uint8Array
}

export interface ReceiptFiles extends AsyncDisposable {
  keep(part: KeptPart): void
}

/** A request as it was kept. */
export interface KeptRequest extends OwnRequest {
  /** Unix seconds of the first part. */
  readonly at: number
}

const FOLDER = 'receipts'
/** Parts of so long are written together. */
const GATHER_MS = 200

/**
 * Appends receipts and statements to one file a UTC month of the data folder, for bills to be held against: hashes and counts,
 * nothing of what was asked. A fault is told, and costs no request.
 */
export function keepReceipts(
  dataFolder: string,
  { now, onFault }: { readonly now: () => Date; readonly onFault: (reason: string) => void }
): ReceiptFiles {
  let lines: string[] = []
  let writing = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  const write = async (text: string): Promise<void> => {
    await mkdir(join(dataFolder, FOLDER), { recursive: true, mode: 0o700 })
    await appendFile(join(dataFolder, FOLDER, `${now().toISOString().slice(0, 7)}.jsonl`), text, { mode: 0o600 })
  }
  const flush = (): void => {
    timer = undefined
    const text = lines.join('')
    lines = []
    if (text === '') return
    writing = writing
      .then(() => write(text))
      .catch((error: unknown) => onFault(error instanceof Error ? error.message : 'the file cannot be written'))
  }
  return {
    keep(part) {
      lines.push(encodeLine(part, unixSeconds(now())))
      timer ??= setTimeout(flush, GATHER_MS).unref()
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(timer)
      flush()
      await writing
    }
  }
}

/** Every request of the files, once; a line that was cut short by a crash is left out. */
export async function readKeptReceipts(dataFolder: string): Promise<readonly KeptRequest[]> {
  const folder = join(dataFolder, FOLDER)
  const names = (await listIfThere(folder)).filter((name) => name.endsWith('.jsonl')).sort()
  const kept = new Map<string, KeptRequest>()
  for (const name of names) {
    for (const line of (await readFile(join(folder, name), 'utf8')).split('\n')) {
      const part = decodeLine(line)
      if (part === undefined) continue
      const before = kept.get(part.request)
      kept.set(part.request, {
        ...part,
        at: before?.at ?? part.at,
        receipt: part.receipt ?? before?.receipt,
        usage: part.usage ?? before?.usage
      })
    }
  }
  return [...kept.values()]
}

function encodeLine({ request, keysetDigest, receipt, usage }: KeptPart, at: number): string {
  const part = {
    ...{ at, request, keyset: encodeHex(keysetDigest) },
    ...(receipt === undefined ? {} : { receipt: encodeBase64(receipt) }),
    ...(usage === undefined ? {} : { usage: encodeBase64(usage) })
  }
  return `${JSON.stringify(part)}\n`
}

function decodeLine(line: string): KeptRequest | undefined {
  try {
    const { at, request, keyset, receipt, usage } = JSON.parse(line) as Readonly<Record<string, unknown>>
    const [read, stated]: [Receipt | undefined, UsageStatement | undefined] = [
      typeof receipt === 'string' ? parseReceipt(decodeBase64(receipt)) : undefined,
      typeof usage === 'string' ? parseUsage(decodeBase64(usage)) : undefined
    ]
    return {
      at: Number(at),
      request: String(request),
      keysetDigest: decodeHex(String(keyset)),
      receipt: read,
      usage: stated
    }
  } catch {
    return undefined
  }
}
