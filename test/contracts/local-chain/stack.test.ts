import { beginCell, Cell, type TupleItem, type TupleReader } from '@ton/core'
import { TonClient, type TonClientParameters } from '@ton/ton'
import { expect, test } from 'vitest'
import { readStack, stackJson } from '../../../contracts/local-chain/stack.ts'
import { addressOf } from './world.ts'

/** What a TonClient makes of a get method's result. */
async function readByClient(items: readonly TupleItem[]): Promise<TupleReader> {
  const result = { gas_used: 0, exit_code: 0, stack: stackJson(items) }
  const httpAdapter: NonNullable<TonClientParameters['httpAdapter']> = async (config) => ({
    ...{ data: { ok: true, result }, status: 200, statusText: '', headers: {}, config }
  })
  const client = new TonClient({ endpoint: 'http://localhost', httpAdapter })
  return (await client.runMethod(addressOf('any'), 'any')).stack
}

test('every kind of stack item reaches a TonClient as what it was', async () => {
  const cell = beginCell().storeUint(7, 9).endCell()
  const numbers = [0n, 255n, -1n, -(2n ** 256n), 2n ** 256n - 1n]
  const reader = await readByClient([
    ...numbers.map((value) => ({ type: 'int', value }) as const),
    { type: 'cell', cell },
    { type: 'slice', cell },
    { type: 'builder', cell },
    { type: 'null' },
    {
      type: 'tuple',
      items: [
        { type: 'int', value: 5n },
        { type: 'cell', cell },
        { type: 'tuple', items: [{ type: 'int', value: -6n }] }
      ]
    }
  ])
  expect(numbers.map(() => reader.readBigNumber())).toEqual(numbers)
  for (let index = 0; index < 3; index += 1) expect(hashOf(reader.pop())).toEqual(cell.hash())
  expect(reader.pop()).toEqual({ type: 'null' })
  expect(reader.pop()).toMatchObject({ type: 'tuple', items: [5n, expect.any(Cell), [-6n]] })
})

const hashOf = (item: TupleItem): Buffer | undefined => ('cell' in item ? item.cell.hash() : undefined)

test('arguments are read as TonClient writes them', () => {
  const cell = beginCell().storeUint(7, 9).endCell()
  const boc = cell.toBoc().toString('base64')
  const read = readStack([
    ['num', '-12'],
    ['num', '0xff'],
    ['tvm.Cell', boc],
    ['tvm.Slice', boc],
    ['tvm.Builder', boc]
  ])
  expect(read).toMatchObject([
    { type: 'int', value: -12n },
    { type: 'int', value: 255n },
    { type: 'cell' },
    { type: 'slice' },
    { type: 'builder' }
  ])
})
