import { modelEventPayload } from '../../attestation/appraisal/model-event.ts'
import { encodeBundle } from '../../attestation/bundle.ts'
import { ed25519PublicBytes, generateEd25519, type PrivateKey, randomBytes, sha256 } from '../../attestation/crypto.ts'
import { encodeHex, encodeUtf8 } from '../../attestation/encoding.ts'
import { type Challenge, challengeNonce, reportData } from '../../attestation/session/challenge.ts'
import { encodeKeyset, type Keyset, type KeysetDevice, parseKeyset } from '../../attestation/session/keyset.ts'
import { virtualEventLog } from '../../attestation/virtual/event-log.ts'
import { createVirtualPlatform, type VirtualPlatform } from '../../attestation/virtual/platform.ts'
import { quoteVirtual } from '../../attestation/virtual/quote.ts'
import { createVirtualRoot, generateVirtualRootKeys } from '../../attestation/virtual/root.ts'

/** The keys of one start of a virtual guest, and evidence of them. */
export interface Guest {
  readonly keyset: Keyset
  readonly sessionKey: PrivateKey
  readonly receiptKey: PrivateKey
  quote(challenge: Challenge): Uint8Array
}

export interface GuestChanges {
  readonly subject?: string
  readonly epoch?: Uint8Array
  /** What its keyset names, without a report of any. */
  readonly gpus?: readonly KeysetDevice[]
}

export type GuestMaker = (changes?: GuestChanges) => Guest

const APP = {
  appId: encodeUtf8('bombyx-test'),
  composeHash: sha256(encodeUtf8('compose')),
  instanceId: encodeUtf8('one')
}

/** A random subject. */
export function newSubject(): string {
  return `bombyx:host:${encodeHex(randomBytes(16))}`
}

/** Makes guests that share one virtual platform. Their bundles parse; a policy that trusts its root is another matter. */
export async function createGuestMaker(now = new Date()): Promise<GuestMaker> {
  const root = await createVirtualRoot(generateVirtualRootKeys(), now)
  const platform = await createVirtualPlatform(root, {}, now)
  return (changes = {}) => createGuest(platform, changes, now)
}

/** A guest on a platform that is given, so that a policy may trust its root. */
export function createGuest(platform: VirtualPlatform, changes: GuestChanges | undefined, now: Date): Guest {
  const [sessionKey, receiptKey] = [generateEd25519(), generateEd25519()]
  const bytes = encodeKeyset({
    epoch: changes?.epoch ?? randomBytes(16),
    subject: changes?.subject ?? newSubject(),
    model: { id: 'test/model', engine: 'vllm', weights: sha256(encodeUtf8('weights')) },
    notAfter: Math.floor(now.getTime() / 1000) + 86_400,
    sessionKeys: [{ keyId: 's1', publicKey: ed25519PublicBytes(sessionKey) }],
    receiptKeys: [{ keyId: 'r1', publicKey: ed25519PublicBytes(receiptKey) }],
    gpus: changes?.gpus ?? [],
    switches: [],
    tlsKeys: []
  })
  const keyset = parseKeyset(bytes)
  const quote = (challenge: Challenge): Uint8Array => {
    const { ccel, dstack, rtmrs } = virtualEventLog({ ...APP, model: modelEventPayload(keyset.model) })
    return encodeBundle({
      challenge,
      keyset: bytes,
      quote: quoteVirtual(platform, { reportData: reportData(keyset.digest, challengeNonce(challenge)), rtmrs }),
      eventLog: [
        { format: 'ccel', data: ccel },
        { format: 'dstack', data: dstack }
      ],
      devices: []
    })
  }
  return { keyset, sessionKey, receiptKey, quote }
}
