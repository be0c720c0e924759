import { beginCell, Cell, Dictionary } from '@ton/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type AccountEntry,
  type Accounts,
  digestAccounts,
  encodeAccounts,
  findAccount,
  keepAll,
  keepPath,
  removeAccount,
  setAccount,
  totalBalance
} from '../../../contracts/local-chain/accounts.ts'
import { digestCell, digestOf, pruneCell } from '../../../contracts/local-chain/cell-hash.ts'
import { beginNode } from '../../../contracts/local-chain/label.ts'
import { findAccountEntry } from '../../../contracts/state-proof/account.ts'
import { bitsOf } from '../../../contracts/state-proof/dictionary.ts'

const ACCOUNT = beginCell().storeUint(1, 40).storeRef(Cell.EMPTY).endCell()

function entryOf(key: Uint8Array, balance: bigint, lt = 7n): AccountEntry {
  const lastTransaction = { hash: Buffer.alloc(32, 9), lt }
  return { key, account: digestOf(ACCOUNT), lastTransaction, balance, at: { position: 0, length: 0 } }
}

// Keys that share long prefixes, so that labels of every kind and length occur.
const key = fc
  .tuple(
    fc.integer({ min: 0, max: 255 }),
    fc.uint8Array({ minLength: 2, maxLength: 2 }),
    fc.constantFrom(0, 0xff, 0xa5)
  )
  .map(([last, head, fill]) =>
    Buffer.concat([head.map((byte) => byte & 0x81), Buffer.alloc(29, fill), Buffer.of(last)])
  )
const balance = fc.bigInt({ min: 0n, max: 10n ** 18n })
const steps = fc.array(fc.tuple(key, balance, fc.boolean()), { maxLength: 40 })

function build(list: readonly (readonly [Buffer, bigint, boolean])[]) {
  const model = new Map<string, bigint>()
  let root: Accounts | undefined
  for (const [k, amount, remove] of list) {
    if (remove) model.delete(k.toString('hex'))
    else model.set(k.toString('hex'), amount)
    root = remove ? removeAccount(root, k) : setAccount(root, entryOf(k, amount))
  }
  return { root, model }
}

test('the dictionary holds what was put in it and sums it up, in whatever order it came', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const { root, model } = build(list)
      for (const [name, amount] of model) {
        expect(findAccount(root, Buffer.from(name, 'hex'))?.balance).toBe(amount)
      }
      for (const [k, , remove] of list)
        if (remove && !model.has(k.toString('hex'))) expect(findAccount(root, k)).toBeUndefined()
      expect(totalBalance(root)).toBe([...model.values()].reduce((sum, amount) => sum + amount, 0n))
      const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1))
      const again = build(sorted.map(([name, amount]) => [Buffer.from(name, 'hex'), amount, false])).root
      expect(digestAccounts(again)).toEqual(digestAccounts(root))
    }),
    { numRuns: 200 }
  )
})

test('the digests kept in memory are those of the cells, whole or pruned to a proof', () => {
  fc.assert(
    fc.property(steps, key, (list, wanted) => {
      const { root, model } = build(list)
      const whole = encodeAccounts(
        root,
        keepAll(() => ACCOUNT)
      )
      expect(digestOf(whole)).toEqual(digestAccounts(root))
      const proof = encodeAccounts(root, keepPath(wanted))
      expect(digestOf(proof)).toEqual(digestAccounts(root))
      for (const cell of [whole, proof]) {
        const found = findAccountEntry(cell, bitsOf(wanted))
        expect(found !== undefined).toBe(model.has(wanted.toString('hex')))
      }
    }),
    { numRuns: 150 }
  )
})

test('labels are those of @ton/core, bit for bit', () => {
  fc.assert(
    fc.property(fc.uniqueArray(key, { minLength: 1, maxLength: 8, selector: (k) => k.toString('hex') }), (keys) => {
      const dictionary = Dictionary.empty(Dictionary.Keys.Buffer(32), Dictionary.Values.BitString(0))
      for (const k of keys) dictionary.set(k, beginCell().endCell().bits)
      const root = beginCell().storeDictDirect(dictionary).endCell()
      const bits = keys.map(bitsOf)
      const first = bits[0]!
      let shared = 256
      while (!bits.every((other) => other.startsWith(first.slice(0, shared)))) shared -= 1
      expect(root.bits.equals(beginNode(keys[0]!, 0, shared, 256).build())).toBe(true)
    })
  )
})

test('a digest made without cells is the hash and depth of @ton/core', () => {
  const text = fc.string({ minLength: 0, maxLength: 255, unit: fc.constantFrom('0', '1') })
  fc.assert(
    fc.property(text, fc.array(text, { maxLength: 4 }), (bits, children) => {
      const cellOf = (value: string) => {
        const cell = beginCell()
        for (const bit of value) cell.storeBit(bit === '1')
        return cell
      }
      const refs = children.map((child) => cellOf(child).endCell())
      const whole = refs.reduce((cell, ref) => cell.storeRef(ref), cellOf(bits)).endCell()
      expect(digestCell(whole.bits, refs.map(digestOf))).toEqual(digestOf(whole))
      const pruned = refs.reduce((cell, ref) => cell.storeRef(pruneCell(digestOf(ref))), cellOf(bits)).endCell()
      expect(digestOf(pruned)).toEqual(digestOf(whole))
    })
  )
})
