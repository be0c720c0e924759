import { equalBytes, sha256 } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import type { AuditFinding } from './findings.ts'
import type { LogFiles } from './log-files.ts'

/** What became of a blob that was asked for by its digest. */
export type FetchedBlob =
  | { readonly kind: 'there'; readonly bytes: Uint8Array }
  | { readonly kind: 'wrong'; readonly finding: AuditFinding }

export type FetchBlob = (digest: Uint8Array) => Promise<FetchedBlob>

/** Collateral and policies are shared by many leaves; evidence is not, and is passed through. */
const MOST_KEPT_BYTES = 64 << 20

export function blobPath(digest: Uint8Array): string {
  return `blob/sha256/${encodeHex(digest)}`
}

/** One fetch a digest at a time, and the last ones are kept: `keep` says of which digests. */
export function createBlobSource(files: LogFiles): { readonly fetch: FetchBlob; readonly fetchShared: FetchBlob } {
  const kept = new Map<string, Promise<FetchedBlob>>()
  let keptBytes = 0
  const fetch: FetchBlob = (digest) => fetchBlob(files, digest)
  const fetchShared: FetchBlob = (digest) => {
    const name = encodeHex(digest)
    const known = kept.get(name)
    if (known !== undefined) return known
    const asked = fetch(digest)
    kept.set(name, asked)
    asked.then(
      (blob) => {
        keptBytes += blob.kind === 'there' ? blob.bytes.byteLength : 0
        if (keptBytes <= MOST_KEPT_BYTES) return
        kept.clear()
        keptBytes = 0
      },
      () => kept.delete(name)
    )
    return asked
  }
  return { fetch, fetchShared }
}

async function fetchBlob(files: LogFiles, digest: Uint8Array): Promise<FetchedBlob> {
  const path = blobPath(digest)
  const bytes = await files.read(path)
  if (bytes === undefined) return wrong('BLOB_MISSING', `the log does not hold ${path}, which the leaf names`)
  if (equalBytes(sha256(bytes), digest)) return { kind: 'there', bytes }
  return wrong('BLOB_MISMATCH', `what the log serves at ${path} has another digest`)
}

function wrong(code: 'BLOB_MISSING' | 'BLOB_MISMATCH', message: string): FetchedBlob {
  return { kind: 'wrong', finding: { code, message } }
}
