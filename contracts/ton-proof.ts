import { createHash, createPublicKey, verify } from 'node:crypto'
import { Address, beginCell, contractAddress, loadStateInit, type StateInit, storeStateInit } from '@ton/core'
import { ContractError } from './errors.ts'
import type { SigningKey } from './key-file.ts'
import { parseBoc } from './state-proof/boc.ts'
import type { Wallet } from './wallet.ts'

/** TON Connect's `ton_proof` item, and the account that the wallet answered with beside it. */
export interface TonProof {
  /** Raw form, `0:<hex>`. */
  readonly address: string
  readonly domain: string
  /** Unix seconds, by the wallet's clock. */
  readonly timestamp: number
  /** What whoever asked for the proof gave. */
  readonly payload: string
  /** Ed25519, 64 bytes. */
  readonly signature: Uint8Array
  /** The wallet contract's state init, as a bag of cells. */
  readonly stateInit: Uint8Array
}

export interface TonProofExpectations {
  readonly domain: string
  readonly payload: string
  /** Unix seconds. */
  readonly now: number
}

/** Where the public key stands in the data of wallets whose owner alone sends from them, by hash of their code. */
const PUBLIC_KEY_AT: Readonly<Record<string, number>> = {
  // v3r1, v3r2, v4r2: seqno, wallet id
  b61041a58a7980b946e8fb9e198e3c904d24799ffa36574ea4251c41a566f581: 64,
  '84dafa449f98a6987789ba232358072bc0f76dc4524002a5d0918b9a75d2d599': 64,
  feb5ff6820e2ff0d9483e7e0d62c817d846789fb4ae580c878866d959dabd5c0: 64,
  // v5r1: whether signatures count, seqno, wallet id
  '20834b7b72b112147e1b2fb457b84e74d1a30f04f737d4f62a668e9552d2b72f': 65
}

const ITEM_PREFIX = Buffer.from('ton-proof-item-v2/')
const CONNECT_PREFIX = Buffer.concat([Buffer.from([0xff, 0xff]), Buffer.from('ton-connect')])
const LIFE_SECONDS = 15 * 60
const CLOCK_SECONDS = 60
/** A wallet's code has some twenty cells. */
const STATE_INIT_LIMITS = { bytes: 8192, cells: 256 }
/** Later than any clock, and exact as a number. */
const MOST_TIMESTAMP = 2 ** 40

/**
 * Checks that whoever holds a wallet's key answered for this domain and payload, in this order: domain, payload, age; the state
 * init is the address's; its code is a wallet's that is known; the key in its data signed. Returns the address.
 * Refuses with WALLET_PROOF_MALFORMED or WALLET_PROOF_INVALID. Source: TON Connect, "Signing and verification of ton_proof".
 */
export function verifyTonProof(proof: TonProof, expected: TonProofExpectations): Address {
  if (proof.domain !== expected.domain) throw invalid(`for ${JSON.stringify(proof.domain)}, not ${expected.domain}`)
  if (proof.payload !== expected.payload) throw invalid('for another payload')
  requireAge(proof.timestamp, expected.now)
  const address = parseAddress(proof.address)
  const init = parseStateInit(proof.stateInit)
  if (!contractAddress(address.workChain, init).equals(address)) throw invalid('the state init is of another address')
  const publicKey = publicKeyOf(init)
  if (proof.signature.byteLength !== 64) throw malformed('a signature is 64 bytes')
  if (!verify(null, proofDigest(address, proof), ed25519(publicKey), proof.signature)) {
    throw invalid("not signed by the wallet's key")
  }
  return address
}

/** Answers for a domain and payload as the wallet of a key, in a wallet application's place. `now` in Unix seconds. */
export function createTonProof(
  { address, init }: Pick<Wallet, 'address' | 'init'>,
  key: SigningKey,
  { domain, payload, now }: TonProofExpectations
): TonProof {
  const said = { domain, payload, timestamp: now }
  return {
    ...{ ...said, address: address.toRawString(), signature: key.sign(proofDigest(address, said)) },
    stateInit: beginCell().store(storeStateInit(init)).endCell().toBoc()
  }
}

/** What the wallet signs: SHA-256(0xffff ‖ "ton-connect" ‖ SHA-256(message)). */
export function proofDigest(
  address: Address,
  { domain, timestamp, payload }: Pick<TonProof, 'domain' | 'timestamp' | 'payload'>
): Buffer {
  const [workchain, length, time] = [Buffer.alloc(4), Buffer.alloc(4), Buffer.alloc(8)]
  const name = Buffer.from(domain)
  workchain.writeInt32BE(address.workChain)
  length.writeUInt32LE(name.byteLength)
  time.writeBigUInt64LE(BigInt(timestamp))
  const message = Buffer.concat([ITEM_PREFIX, workchain, address.hash, length, name, time, Buffer.from(payload)])
  return sha256(Buffer.concat([CONNECT_PREFIX, sha256(message)]))
}

function requireAge(timestamp: number, now: number): void {
  if (!Number.isSafeInteger(timestamp) || timestamp < 0 || timestamp > MOST_TIMESTAMP) throw malformed('no time')
  if (timestamp > now + CLOCK_SECONDS) throw invalid('from the future')
  if (now - timestamp > LIFE_SECONDS) throw invalid(`older than ${LIFE_SECONDS} s`)
}

function parseAddress(text: string): Address {
  if (!/^0:[0-9a-f]{64}$/.test(text)) throw malformed('an address is `0:` and 64 hex digits')
  return Address.parseRaw(text)
}

// The bag of cells is the attacker's: bounded before it is read.
function parseStateInit(bytes: Uint8Array): StateInit {
  try {
    const [root, ...others] = parseBoc(bytes, STATE_INIT_LIMITS)
    if (root === undefined || others.length > 0) throw malformed('one root cell is wanted')
    return loadStateInit(root.beginParse())
  } catch (cause) {
    if (cause instanceof ContractError && cause.code === 'WALLET_PROOF_MALFORMED') throw cause
    throw malformed('the state init cannot be read', cause)
  }
}

function publicKeyOf({ code, data }: StateInit): Buffer {
  const at = code === null || code === undefined ? undefined : PUBLIC_KEY_AT[code.hash().toString('hex')]
  if (at === undefined || data === null || data === undefined) {
    throw invalid('no wallet of version 3, 4 or 5, whose keys the market can read')
  }
  const slice = data.beginParse()
  if (slice.remainingBits < at + 256) throw malformed("the wallet's data is short")
  return slice.skip(at).loadBuffer(32)
}

function ed25519(publicKey: Buffer) {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }, format: 'jwk' })
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}

function malformed(message: string, cause?: unknown): ContractError {
  return new ContractError('WALLET_PROOF_MALFORMED', message, { cause })
}

function invalid(message: string): ContractError {
  return new ContractError('WALLET_PROOF_INVALID', message)
}
