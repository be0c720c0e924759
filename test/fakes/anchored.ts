import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Address, internal } from '@ton/core'
import { ed25519PrivateKey, ed25519PublicBytes, sha256, signEd25519 } from '../../attestation/crypto.ts'
import { encodeUtf8 } from '../../attestation/encoding.ts'
import { type Chain, openChain } from '../../contracts/chain.ts'
import { type LocalChainService, startLocalChain } from '../../contracts/local-chain/start.ts'
import { LogAnchor } from '../../contracts/log-anchor/log-anchor.ts'
import { type AnchorOrder, encodeBody, type Head, hashToSign } from '../../contracts/log-anchor/messages.ts'
import type { AnchorTerms } from '../../contracts/log-anchor/storage.ts'
import { encodeExternal } from '../../contracts/message.ts'
import { NOW } from './virtual-evidence.ts'

const ANCHOR_KEY = ed25519PrivateKey(new Uint8Array(32).fill(7))
const RECOVERY_KEY = ed25519PrivateKey(new Uint8Array(32).fill(8))

/** A local chain, and whoever has the anchor key of a log on it. */
export interface AnchoringWorld extends AsyncDisposable {
  /** Runs from `NOW` of virtual evidence. */
  readonly now: () => Date
  readonly local: LocalChainService
  readonly chain: Chain
  deploy(origin: string): Promise<Address>
  /** A head, with the proof that the contract wants from its last one. */
  anchor(address: Address, head: Head, proof: readonly Uint8Array[]): Promise<void>
}

export async function startAnchoringWorld(): Promise<AnchoringWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'bombyx-audit-chain-'))
  const start = Date.now()
  const now = (): Date => new Date(NOW.getTime() + Date.now() - start)
  const validUntil = (): number => Math.floor(now().getTime() / 1000) + 600
  const config = { folder, listen: { host: '127.0.0.1', port: 0 }, blockIntervalMs: 3_600_000 }
  const local = await startLocalChain(config, {
    now,
    onFailure: (error) => {
      throw error
    }
  })
  const chain = openChain({ network: 'local', endpoint: local.endpoint })
  let paid = 0
  return {
    now,
    local,
    chain,
    deploy: async (origin) => {
      const terms: AnchorTerms = {
        networkId: chain.networkId,
        originHash: sha256(encodeUtf8(origin)),
        anchorKey: ed25519PublicBytes(ANCHOR_KEY),
        recoveryKey: ed25519PublicBytes(RECOVERY_KEY)
      }
      const { address, init } = LogAnchor.of(terms)
      const messages = [internal({ to: address, value: '5', bounce: false, ...(init === undefined ? {} : { init }) })]
      await chain.sendBoc(local.chain.faucet.transfer({ seqno: paid++, validUntil: validUntil(), messages }))
      await local.chain.tick()
      return address
    },
    anchor: async (address, head, proof) => {
      const { seqno } = await chain.open(LogAnchor.at(address)).getHead()
      const order: AnchorOrder = {
        kind: 'anchor',
        networkId: chain.networkId,
        seqno,
        validUntil: validUntil(),
        ...head,
        proof
      }
      const signature = signEd25519(ANCHOR_KEY, hashToSign(address, order))
      await chain.sendBoc(encodeExternal(address, encodeBody({ order, signature })))
      await local.chain.tick()
    },
    [Symbol.asyncDispose]: () => local[Symbol.asyncDispose]()
  }
}
