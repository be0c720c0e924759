import {
  type Address,
  beginCell,
  Cell,
  type CommonMessageInfo,
  storeCommonMessageInfo,
  type Transaction,
  toNano
} from '@ton/core'
import { describe, expect, it } from 'vitest'
import { readTransaction } from '../../contracts/transaction.ts'
import { endlessDictionary } from './endless-dictionary.ts'
import { openSandbox } from './sandbox.ts'

const ENDLESS = endlessDictionary(256, 60)

interface Content {
  readonly info?: CommonMessageInfo
  readonly libraries?: Cell
  readonly body?: Cell
}

/** A transfer's transaction at its destination, with other content in the message that it received. */
async function received({ info, libraries, body = Cell.EMPTY }: Content) {
  const chain = await openSandbox()
  const [from, to] = [await chain.treasury('from'), await chain.treasury('to')]
  const { transactions } = await from.send({ to: to.address, value: toNano('1') })
  const arrived = transactions.find(({ inMessage }) => inMessage?.info.dest?.toString() === to.address.toString())
  if (arrived?.inMessage == null) throw new Error('nothing arrived')
  const message = beginCell().store(storeCommonMessageInfo(info ?? arrived.inMessage.info))
  // Without split depth, special, code and data.
  const init = libraries && beginCell().storeUint(0, 4).storeMaybeRef(libraries).endCell()
  message.storeBit(init !== undefined)
  if (init !== undefined) message.storeBit(true).storeRef(init)
  message.storeBit(true).storeRef(body)
  const [messages, ...rest] = arrived.raw.refs
  return {
    arrived,
    cell: rebuild(arrived.raw, [rebuild(messages!, [message.endCell(), ...messages!.refs.slice(1)]), ...rest])
  }
}

function rebuild({ bits }: Cell, refs: readonly Cell[]): Cell {
  return refs.reduce((builder, ref) => builder.storeRef(ref), beginCell().storeBits(bits)).endCell()
}

function infoOf({ inMessage }: Transaction) {
  return inMessage?.info.type === 'internal' ? [String(inMessage.info.src), inMessage.info.value.coins] : undefined
}

describe('a transaction', () => {
  it.each<readonly [string, Content]>([
    ['in a body', { body: ENDLESS }],
    ['in libraries', { libraries: ENDLESS }]
  ])('that a stranger sent what unfolds without end, %s, is read without it', async (_, content) => {
    const { arrived, cell } = await received(content)
    const read = readTransaction(cell.toBoc())
    expect(read.hash()).toEqual(cell.hash())
    expect(read).toMatchObject({ lt: arrived.lt, prevTransactionLt: arrived.prevTransactionLt, now: arrived.now })
    expect(infoOf(read)).toEqual(infoOf(arrived))
    expect([read.inMessage?.init, read.inMessage?.body.equals(Cell.EMPTY)]).toEqual([null, true])
  })

  it('with a body that can be walked is read whole', async () => {
    const body = endlessDictionary(256, 8)
    const { cell } = await received({ body })
    expect(readTransaction(cell.toBoc()).inMessage?.body.equals(body)).toBe(true)
  })

  it.each<readonly [string, () => Promise<Cell>]>([
    [
      'whose own part unfolds without end',
      async () => {
        const { cell } = await received({})
        return rebuild(cell, [...cell.refs.slice(0, -1), ENDLESS])
      }
    ],
    [
      'that an external message caused, which unfolds without end',
      async () => {
        const { arrived } = await received({})
        const dest = arrived.inMessage?.info.dest as Address
        return (await received({ info: { type: 'external-in', dest, importFee: 0n }, body: ENDLESS })).cell
      }
    ],
    ['that is none', async () => ENDLESS]
  ])('%s is refused', async (_, make) => {
    const boc = (await make()).toBoc()
    expect(() => readTransaction(boc)).toThrow()
  })
})
