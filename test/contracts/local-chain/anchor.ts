import { ed25519PrivateKey, ed25519PublicBytes, sha256, signEd25519 } from '../../../attestation/crypto.ts'
import { proveConsistency, rootAt } from '../../../attestation/tlog/prove.ts'
import { LogAnchor } from '../../../contracts/log-anchor/log-anchor.ts'
import { type AnchorOrder, hashToSign, type SignedOrder } from '../../../contracts/log-anchor/messages.ts'
import { NETWORK_IDS } from '../../../contracts/networks.ts'
import { storedTree } from '../log-anchor/stored-tree.ts'

const KEY = ed25519PrivateKey(new Uint8Array(32).fill(1))
const networkId = NETWORK_IDS.local

/** A log that is anchored on the local chain, a few leaves further each time. */
export interface AnchorScript {
  readonly contract: LogAnchor
  /** The next head, signed; `now` in seconds. */
  next(now: number): SignedOrder & { readonly order: AnchorOrder }
}

/** Heads of `step` leaves more each, over a log of 2^height. */
export function createAnchorScript(height: number, step: number): AnchorScript {
  const terms = {
    networkId,
    originHash: sha256(new TextEncoder().encode('log.bombyx.example/2026')),
    anchorKey: ed25519PublicBytes(KEY),
    recoveryKey: ed25519PublicBytes(ed25519PrivateKey(new Uint8Array(32).fill(2)))
  }
  const contract = LogAnchor.of(terms)
  const reader = storedTree(height)
  let seqno = 0
  return {
    contract,
    next: (now) => {
      const [before, size] = [BigInt(seqno * step), BigInt((seqno + 1) * step)]
      const proof = before === 0n ? [] : proveConsistency(before, size, reader)
      const head = { treeSize: size, rootHash: rootAt(size, reader), timestamp: now }
      const order: AnchorOrder = { kind: 'anchor', networkId, seqno, validUntil: now + 600, ...head, proof }
      seqno += 1
      return { order, signature: signEd25519(KEY, hashToSign(contract.address, order)) }
    }
  }
}
