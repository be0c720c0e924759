import { encodeHex } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { type LogTrust, type VerifiedCheckpoint, verifyCheckpoint } from '../../attestation/tlog/checkpoint.ts'
import type { AuditFinding } from './findings.ts'
import type { TimedHead } from './times.ts'

/** A head that the log has signed, and its note. */
export interface SignedHead {
  readonly checkpoint: VerifiedCheckpoint
  readonly note: Uint8Array
}

export interface CollectedHeads {
  /** Each size and root once, smallest first. */
  readonly heads: readonly SignedHead[]
  readonly findings: readonly AuditFinding[]
}

/** The log's clock may be set back a little. */
const CLOCK_STEP_SECONDS = 60

/** Of notes from wherever, those that the log has signed. A note that it has not says nothing about it, and is only told of. */
export function collectHeads(notes: readonly Uint8Array[], trust: LogTrust): CollectedHeads {
  const different = new Map<string, SignedHead>()
  let unsigned = 0
  for (const note of notes) {
    try {
      const checkpoint = verifyCheckpoint(note, { ...trust, minimumWitnesses: 0 })
      const name = headName(checkpoint)
      if (!different.has(name)) different.set(name, { checkpoint, note })
    } catch (error) {
      if (!(error instanceof AttestationError)) throw error
      unsigned++
    }
  }
  const heads = [...different.values()].toSorted((a, b) => compareSizes(a.checkpoint, b.checkpoint))
  const message = `${unsigned} of the heads that were seen are not signed by this log, and prove nothing of it`
  const findings = unsigned === 0 ? [] : [{ code: 'SEEN_UNSIGNED', message } as const]
  return { heads, findings: [...findings, ...orderFindings(heads)] }
}

/** A larger tree is younger: a log that dates one before a smaller one has set its clock back. */
function orderFindings(heads: readonly SignedHead[]): readonly AuditFinding[] {
  const findings: AuditFinding[] = []
  let latest: VerifiedCheckpoint | undefined
  for (const { checkpoint } of heads) {
    const [at, before] = [checkpoint.timestamp, latest?.timestamp ?? null]
    if (at !== null && before !== null && at + BigInt(CLOCK_STEP_SECONDS) < before) {
      const message = `the tree of ${checkpoint.size} is dated ${isoTime(at)}, that of ${latest?.size} ${isoTime(before)}`
      findings.push({ code: 'HEAD_BACKDATED', message })
    }
    if (at !== null && (before === null || at > before)) latest = checkpoint
  }
  return findings
}

export function timedHeads(heads: readonly SignedHead[]): readonly TimedHead[] {
  return heads.flatMap(({ checkpoint: { size, timestamp } }) =>
    timestamp === null
      ? []
      : [
          {
            size,
            at: Number(timestamp),
            by: 'log' as const,
            what: `its head of ${size} leaves of ${isoTime(timestamp)}`
          }
        ]
  )
}

export function headName({ size, root }: Pick<VerifiedCheckpoint, 'size' | 'root'>): string {
  return `${size} ${encodeHex(root)}`
}

export function isoTime(unixSeconds: bigint | number): string {
  return new Date(Number(unixSeconds) * 1000).toISOString().replace('.000', '')
}

function compareSizes(a: VerifiedCheckpoint, b: VerifiedCheckpoint): number {
  return a.size < b.size ? -1 : a.size > b.size ? 1 : 0
}
