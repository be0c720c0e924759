import { expect, test } from 'vitest'
import { type KeyView, planKeyChange } from '../../../../services/cli/pay/key-plan.ts'

const [first, second, third] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array
]
const NOW = 1_800_000_000
const oldKey = (key: Uint8Array, until: number) => ({ oldKey: { key, until } })
const view = (change: Partial<KeyView>): KeyView => ({
  ...{ voucherKey: first, now: NOW, own: first, kept: [first] },
  ...change
})
const changed = { voucherKey: second, own: second, kept: [first, second] }

test.each<readonly [string, Partial<KeyView>, object]>([
  ['nothing was ever changed', {}, { kind: 'change' }],
  ['a run was killed before its message was taken, and left a key', { kept: [first, second] }, { kind: 'change' }],
  [
    'a run was killed after its message was taken',
    { ...changed, own: first, ...oldKey(first, NOW + 1) },
    { kind: 'adopt' }
  ],
  [
    '… and nobody looked until the old key had ended',
    { ...changed, own: first, ...oldKey(first, NOW) },
    { kind: 'adopt' }
  ],
  ['both keys sign', { ...changed, ...oldKey(first, NOW + 1) }, { kind: 'wait', until: NOW + 1, isLost: false }],
  ['the old key has ended', { ...changed, ...oldKey(first, NOW) }, { kind: 'finish' }],
  ['its file is removed', { ...changed, kept: [second], ...oldKey(first, NOW) }, { kind: 'change' }],
  ['the key was lost', { own: undefined, kept: [] }, { kind: 'change' }],
  [
    'the key was lost within a change',
    { voucherKey: second, own: first, ...oldKey(first, NOW + 9) },
    { kind: 'wait', until: NOW + 9, isLost: true }
  ],
  [
    'somebody else has changed it, and the old one has ended: nothing that is here is removed',
    { voucherKey: third, own: first, ...oldKey(first, NOW) },
    { kind: 'change' }
  ],
  ['it was changed to the same key', { ...oldKey(first, NOW) }, { kind: 'change' }]
])('a change of the key when %s', (_, change, step) => {
  expect(planKeyChange(view(change))).toEqual(step)
})
