import { decodeBase64 } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import type { JsonValue } from '../jcs.ts'
import type { ConformanceResult } from '../tdx/conformance.ts'
import { verifyConsistency, verifyInclusion } from './verify-proof.ts'

type Members = { readonly [member: string]: JsonValue }

const STAGE = 'verify-log'
const MAX_TEXT = 1 << 16
const MAX_PROOF_HASHES = 1024
/** Wider than a tree can be, so that such a claim is refused as a proof and not as JSON. */
const SIZE = /^(?:0|[1-9][0-9]{0,19})$/

/**
 * `bombyx conformance verify-log`: checks the one claim that `text` holds. Exit status 0 accepted, 10 refused (also for hashes
 * and proofs of a length that cannot be), 30 for what is not such a claim. Never throws.
 */
export function verifyLog(text: string): ConformanceResult {
  let check: () => void
  try {
    check = readClaim(text)
  } catch (error) {
    if (!(error instanceof AttestationError)) return { exitCode: 1, output: failed(String(error)) }
    return { exitCode: 30, output: failed(error.message) }
  }
  try {
    check()
    return { exitCode: 0, output: { stage: STAGE, accepted: true } }
  } catch (error) {
    if (!(error instanceof AttestationError)) return { exitCode: 1, output: failed(String(error)) }
    const { code, message } = error
    return { exitCode: 10, output: { stage: STAGE, accepted: false, rejection: { code, message } } }
  }
}

function readClaim(text: string): () => void {
  const members = readObject(text)
  const proof = readProof(members['proof'])
  if (members['kind'] === 'inclusion') {
    const [leafIndex, treeSize] = [readSize(members, 'leafIdx'), readSize(members, 'treeSize')]
    const [leafHash, root] = [readHash(members['leafHash'], 'leafHash'), readHash(members['root'], 'root')]
    return () => verifyInclusion({ leafIndex, treeSize, leafHash, root, proof })
  }
  if (members['kind'] === 'consistency') {
    const [size1, size2] = [readSize(members, 'size1'), readSize(members, 'size2')]
    const [root1, root2] = [readHash(members['root1'], 'root1'), readHash(members['root2'], 'root2')]
    return () => verifyConsistency({ size1, size2, root1, root2, proof })
  }
  throw malformed('kind: inclusion or consistency wanted')
}

function readObject(text: string): Members {
  if (text.length > MAX_TEXT) throw malformed(`${text.length} characters, at most ${MAX_TEXT}`)
  let value: JsonValue
  try {
    value = JSON.parse(text) as JsonValue
  } catch (cause) {
    throw malformed('not JSON', cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('an object wanted')
  return value as Members
}

function readSize(members: Members, name: string): bigint {
  const value = members[name]
  if (typeof value !== 'string' || !SIZE.test(value)) throw malformed(`${name}: a decimal string wanted`)
  return BigInt(value)
}

function readHash(value: JsonValue | undefined, name: string): Uint8Array {
  if (typeof value !== 'string') throw malformed(`${name}: base64 wanted`)
  try {
    return decodeBase64(value)
  } catch (cause) {
    throw malformed(`${name}: base64 wanted`, cause)
  }
}

/** Null is an empty proof, as Go writes it. */
function readProof(value: JsonValue | undefined): readonly Uint8Array[] {
  if (value === null) return []
  if (!Array.isArray(value)) throw malformed('proof: a list wanted')
  if (value.length > MAX_PROOF_HASHES) throw malformed(`proof: ${value.length} hashes`)
  return value.map((hash: JsonValue, at) => readHash(hash, `proof[${at}]`))
}

function failed(error: string): JsonValue {
  return { stage: STAGE, accepted: false, error }
}

function malformed(message: string, cause?: unknown): AttestationError {
  return new AttestationError('PROOF_MALFORMED', message, { cause })
}
