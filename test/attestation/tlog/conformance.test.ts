import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeBase64 } from '../../../attestation/encoding.ts'
import { verifyLog } from '../../../attestation/tlog/conformance.ts'
import { proveConsistency, proveInclusion } from '../../../attestation/tlog/prove.ts'
import { leavesOf, naiveRoot, readerOf } from './trees.ts'

const VECTORS = new URL('../../../../shared/vectors/rfc6962/', import.meta.url)
const HAS_VECTORS = existsSync(VECTORS)
const WHERE = HAS_VECTORS ? '' : ' (skipped: no ../shared/vectors beside this checkout)'

interface Vector {
  readonly id: string
  readonly desc: string
  readonly wantErr: boolean
}

function readVectors(kind: string): readonly Vector[] {
  if (!HAS_VECTORS) return []
  return JSON.parse(readFileSync(new URL(`${kind}.json`, VECTORS), 'utf8')).cases
}

const LEAVES = leavesOf(9)
const READ = readerOf(LEAVES)
const INCLUSION = {
  kind: 'inclusion',
  leafIdx: '5',
  treeSize: '9',
  root: encodeBase64(naiveRoot(LEAVES)),
  leafHash: encodeBase64(LEAVES[5]!),
  proof: proveInclusion(5n, 9n, READ).map(encodeBase64)
}
const CONSISTENCY = {
  kind: 'consistency',
  size1: '6',
  size2: '9',
  root1: encodeBase64(naiveRoot(LEAVES.slice(0, 6))),
  root2: encodeBase64(naiveRoot(LEAVES)),
  proof: proveConsistency(6n, 9n, READ).map(encodeBase64)
}

const run = (claim: unknown) => verifyLog(JSON.stringify(claim))

describe('verify-log', () => {
  test.each([INCLUSION, CONSISTENCY])('accepts a proof of $kind', (claim) => {
    expect(run(claim)).toEqual({ exitCode: 0, output: { stage: 'verify-log', accepted: true } })
  })

  test.each<[string, object, string]>([
    ['another leaf', { ...INCLUSION, leafIdx: '4' }, 'PROOF_INVALID'],
    ['a leaf behind the last', { ...INCLUSION, leafIdx: '9' }, 'PROOF_MALFORMED'],
    ['another root', { ...INCLUSION, root: CONSISTENCY.root1 }, 'PROOF_INVALID'],
    ['a root of another length', { ...INCLUSION, root: 'AAAA' }, 'PROOF_INVALID'],
    ['a leaf hash of another length', { ...INCLUSION, leafHash: '' }, 'PROOF_MALFORMED'],
    ['no proof where one is wanted', { ...INCLUSION, proof: null }, 'PROOF_MALFORMED'],
    ['a tree over 2^63', { ...INCLUSION, treeSize: '9223372036854775809' }, 'PROOF_MALFORMED'],
    ['a tree that shrinks', { ...CONSISTENCY, size1: '10' }, 'PROOF_MALFORMED'],
    ['an empty first tree', { ...CONSISTENCY, size1: '0' }, 'PROOF_MALFORMED'],
    ['another first tree', { ...CONSISTENCY, root1: CONSISTENCY.root2 }, 'PROOF_INVALID']
  ])('refuses %s: exit 10', (_, claim, code) => {
    expect(run(claim)).toMatchObject({ exitCode: 10, output: { accepted: false, rejection: { code } } })
  })

  test.each<[string, unknown]>([
    ['no object', []],
    ['no kind', { ...INCLUSION, kind: undefined }],
    ['another kind', { ...INCLUSION, kind: 'exclusion' }],
    ['a size that is a number', { ...INCLUSION, treeSize: 9 }],
    ['a size with a leading zero', { ...INCLUSION, treeSize: '09' }],
    ['a size below zero', { ...INCLUSION, leafIdx: '-1' }],
    ['a size of 21 digits', { ...INCLUSION, treeSize: '9'.repeat(21) }],
    ['no size', { ...CONSISTENCY, size2: undefined }],
    ['a hash that is not base64', { ...INCLUSION, root: '*' }],
    ['a hash that is null', { ...CONSISTENCY, root1: null }],
    ['a proof that is not base64', { ...INCLUSION, proof: ['*'] }],
    ['a proof that is text', { ...INCLUSION, proof: '' }],
    ['no proof member', { ...INCLUSION, proof: undefined }],
    ['a proof without end', { ...INCLUSION, proof: Array(1025).fill('') }]
  ])('cannot read %s: exit 30', (_, claim) => {
    expect(run(claim)).toMatchObject({ exitCode: 30, output: { stage: 'verify-log', accepted: false } })
  })

  test('cannot read text that is no JSON, or too much of it: exit 30', () => {
    expect(verifyLog('{').exitCode).toBe(30)
    expect(verifyLog(' '.repeat(1 << 17)).exitCode).toBe(30)
  })

  test('answers whatever text, without an exception', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => verifyLog(text).exitCode === 30))
  })
})

describe.skipIf(!HAS_VECTORS)(`proofs of transparency-dev/merkle${WHERE}`, () => {
  test.each(['inclusion', 'consistency'])('all of %s have their outcome', (kind) => {
    const vectors = readVectors(kind)
    expect(vectors.length).toBe(78)
    const wrong = vectors.filter((vector) => run({ kind, ...vector }).exitCode !== (vector.wantErr ? 10 : 0))
    expect(wrong.map(({ id }) => id)).toEqual([])
  })
})
