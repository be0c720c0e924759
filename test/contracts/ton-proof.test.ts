import { generateKeyPairSync, sign } from 'node:crypto'
import { Address, beginCell, Cell, contractAddress, type StateInit, storeStateInit } from '@ton/core'
import { WalletContractV3R1, WalletContractV3R2, WalletContractV4, WalletContractV5R1 } from '@ton/ton'
import { describe, expect, it } from 'vitest'
import { proofDigest, type TonProof, verifyTonProof } from '../../contracts/ton-proof.ts'
import { endlessDictionary } from './endless-dictionary.ts'

const NOW = 1_790_000_000
const EXPECTED = { domain: 'market.test', payload: 'a payload', now: NOW }
const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')

const WALLETS = {
  v3r1: WalletContractV3R1.create({ workchain: 0, publicKey: raw }),
  v3r2: WalletContractV3R2.create({ workchain: 0, publicKey: raw }),
  v4r2: WalletContractV4.create({ workchain: 0, publicKey: raw }),
  v5r1: WalletContractV5R1.create({ publicKey: raw })
}

function prove(init: StateInit, changes: Partial<TonProof> = {}, key = privateKey): TonProof {
  const address = contractAddress(0, init)
  const said = { domain: EXPECTED.domain, payload: EXPECTED.payload, timestamp: NOW - 5 }
  return {
    ...{ address: address.toRawString(), ...said, signature: sign(null, proofDigest(address, said), key) },
    stateInit: beginCell().store(storeStateInit(init)).endCell().toBoc(),
    ...changes
  }
}

const INIT = WALLETS.v4r2.init

/** 177 bytes that unfold to a dictionary of 2^30 libraries. */
function endlessLibraries(): Buffer {
  return beginCell().storeUint(1, 5).storeRef(endlessDictionary(256, 30)).endCell().toBoc()
}

describe('a ton_proof', () => {
  it.each(Object.entries(WALLETS))('of a wallet %s gives its address', (_name, wallet) => {
    expect(verifyTonProof(prove(wallet.init), EXPECTED).equals(wallet.address)).toBe(true)
  })

  const stranger = generateKeyPairSync('ed25519').privateKey
  it.each<[string, TonProof, string]>([
    ['for another domain', prove(INIT, { domain: 'evil.test' }), 'WALLET_PROOF_INVALID'],
    ['for another payload', prove(INIT, { payload: 'spent' }), 'WALLET_PROOF_INVALID'],
    ['that is old', prove(INIT, { timestamp: NOW - 901 }), 'WALLET_PROOF_INVALID'],
    ['from the future', prove(INIT, { timestamp: NOW + 61 }), 'WALLET_PROOF_INVALID'],
    ['whose time was changed', prove(INIT, { timestamp: NOW - 4 }), 'WALLET_PROOF_INVALID'],
    ['signed by another key', prove(INIT, {}, stranger), 'WALLET_PROOF_INVALID'],
    ["of another's address", prove(INIT, { address: WALLETS.v5r1.address.toRawString() }), 'WALLET_PROOF_INVALID'],
    ['of a contract that is no wallet', prove({ code: new Cell(), data: new Cell() }), 'WALLET_PROOF_INVALID'],
    ['without code', prove({ data: INIT.data }), 'WALLET_PROOF_INVALID'],
    ['of a wallet whose data is short', prove({ code: INIT.code, data: new Cell() }), 'WALLET_PROOF_MALFORMED'],
    ['with a short signature', prove(INIT, { signature: Buffer.alloc(63) }), 'WALLET_PROOF_MALFORMED'],
    ['whose state init is none', prove(INIT, { stateInit: Buffer.from('junk') }), 'WALLET_PROOF_MALFORMED'],
    ['whose state init is large', prove(INIT, { stateInit: Buffer.alloc(8193) }), 'WALLET_PROOF_MALFORMED'],
    ['whose libraries are endless', prove(INIT, { stateInit: endlessLibraries() }), 'WALLET_PROOF_MALFORMED'],
    [
      'whose address is friendly',
      prove(INIT, { address: Address.parseRaw(`0:${'0'.repeat(64)}`).toString() }),
      'WALLET_PROOF_MALFORMED'
    ],
    ['whose time is no number', prove(INIT, { timestamp: Number.NaN }), 'WALLET_PROOF_MALFORMED']
  ])('%s is refused', (_what, proof, code) => {
    expect(() => verifyTonProof(proof, EXPECTED)).toThrow(expect.objectContaining({ code }))
  })

  it('is signed over what the specification says', () => {
    const address = Address.parseRaw(`0:${'11'.repeat(32)}`)
    // SHA-256 of 0xffff ‖ "ton-connect" ‖ SHA-256("ton-proof-item-v2/" ‖ 00000000 ‖ 11… ‖ 0b000000 ‖ "market.test" ‖ 0100000000000000 ‖ "p"),
    // made with sha256sum.
    const digest = proofDigest(address, { domain: 'market.test', timestamp: 1, payload: 'p' })
    expect(digest.toString('hex')).toBe('3bd6c7af0323f8d45819767ed3019eebbd89058aa85baa77ddda400789283a01')
  })
})
