import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ed25519PrivateKey } from '../../../attestation/crypto.ts'
import { decodeBase64, decodeHex, encodeHex, encodeUtf8 } from '../../../attestation/encoding.ts'
import { parseCheckpoint, verifyCheckpoint } from '../../../attestation/tlog/checkpoint.ts'
import { appendLeaves, EMPTY_RANGE, rangeRoot } from '../../../attestation/tlog/compact-range.ts'
import { leafHash } from '../../../attestation/tlog/hash.ts'
import { encodeLogProof, parseLogProof } from '../../../attestation/tlog/log-proof.ts'
import { encodeNote, parseNote, signNote, verifyNote } from '../../../attestation/tlog/note.ts'
import { encodeVerifierKey, parseVerifierKey } from '../../../attestation/tlog/note-key.ts'
import { proveConsistency } from '../../../attestation/tlog/prove.ts'
import { parseTilePath, tileLevels, tilePath } from '../../../attestation/tlog/tile-path.ts'
import { verifyConsistency } from '../../../attestation/tlog/verify-proof.ts'
import { codeOf } from './code-of.ts'
import { readerOf } from './trees.ts'

function published(name: string) {
  return JSON.parse(readFileSync(new URL(`../../vectors/published/${name}.json`, import.meta.url), 'utf8'))
}

const c2sp = published('c2sp')
const golang = published('golang-note')
const trees = published('rfc6962-trees')

describe('C2SP’s printed examples', () => {
  test('signed-note: the note verifies under its verifier key, and both are written back byte for byte', () => {
    const { verifierKey, note } = c2sp.signedNote
    const key = parseVerifierKey(verifierKey)
    expect(encodeVerifierKey(key)).toBe(verifierKey)
    const parsed = parseNote(encodeUtf8(note))
    expect(parsed.text).toBe('This is an example message.\n')
    expect(verifyNote(parsed, [key])).toEqual([{ key, timestamp: null }])
    expect(encodeNote(parsed)).toEqual(encodeUtf8(note))
  })

  test('signed-note: a text may have empty lines', () => {
    const { note } = c2sp.signedNoteWithEmptyLines
    const { text, signatures } = parseNote(encodeUtf8(note))
    expect(text).toMatch(/^Ognuno sta solo.*\n.*\n\ned è subito sera\.\n$/)
    expect(signatures.map(({ name, keyId }) => [name, encodeHex(keyId)])).toEqual([
      ['quasimodo.example/salvatore', '367ba04b']
    ])
    expect(encodeNote({ text, signatures })).toEqual(encodeUtf8(note))
  })

  test('tlog-checkpoint: reads as printed, and its signature verifies under the origin that it was made for', () => {
    const { note, trueOrigin, trueKey } = c2sp.checkpoint
    const { text, signatures } = parseNote(encodeUtf8(note))
    expect(parseCheckpoint(text)).toEqual({
      origin: 'example.com/behind-the-sofa',
      size: 20852163n,
      root: decodeBase64('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I='),
      extensions: []
    })
    const key = parseVerifierKey(trueKey)
    const original = {
      text: text.replace('example.com/behind-the-sofa', trueOrigin),
      signatures: signatures.map((line) => ({ ...line, name: key.name }))
    }
    expect(verifyNote(original, [key])).toHaveLength(1)
    const printed = { ...original, text }
    expect(codeOf(() => verifyNote(printed, [key]))).toBe('NOTE_SIGNATURE_INVALID')
  })

  test('tlog-cosignature: the witness’s line has its time', () => {
    const { signatures } = parseNote(encodeUtf8(c2sp.cosignature.note))
    const { name, keyId, signature } = signatures[1]!
    expect([name, encodeHex(keyId), signature.byteLength]).toEqual(['witness.example.com/w1', '8d66cf3f', 72])
    expect(Buffer.from(signature).readBigUInt64BE()).toBe(BigInt(c2sp.cosignature.timestamp))
  })

  test('tlog-cosignature: a witnessed checkpoint of a public log verifies; lines of other types and keys are kept', () => {
    const { note, logKey, witnessKey, witnessTimestamp } = c2sp.witnessed
    const [log, witness] = [parseVerifierKey(logKey), parseVerifierKey(witnessKey)]
    const trust = { origin: log.name, publicKey: log.publicKey, witnesses: [witness], minimumWitnesses: 1 }
    expect(verifyCheckpoint(encodeUtf8(note), trust)).toMatchObject({
      size: 1432088532n,
      timestamp: null,
      witnesses: [{ name: 'remora.n621.de', timestamp: BigInt(witnessTimestamp) }]
    })
    const parsed = parseNote(encodeUtf8(note))
    expect(parsed.signatures).toHaveLength(6)
    expect(encodeNote(parsed)).toEqual(encodeUtf8(note))
    const later = { ...parsed, text: parsed.text.replace('1432088532', '1432088533') }
    expect(codeOf(() => verifyNote(later, [witness]))).toBe('NOTE_SIGNATURE_INVALID')
  })

  test('tlog-tiles: paths', () => {
    const { index, indexPath } = c2sp.tiles
    const tile = { level: 2, index: BigInt(index), width: 256 }
    expect(tilePath(tile)).toBe(`tile/2/${indexPath}`)
    expect(parseTilePath(`tile/2/${indexPath}`)).toEqual(tile)
    expect(parseTilePath(`tile/entries/${indexPath}.p/255`)).toEqual({ ...tile, level: 'entries', width: 255 })
  })

  test.each<{ treeSize: string; levels: [string, number][] }>(c2sp.tiles.levels)(
    'tlog-tiles: a tree of $treeSize has these tiles',
    ({ treeSize, levels }) => {
      const found = tileLevels(BigInt(treeSize)).map(({ full, partial }) => [full.toString(), partial])
      expect(found).toEqual(levels)
    }
  )

  test('tlog-proof: the document reads as printed, and is written back byte for byte', () => {
    const { document } = c2sp.proof
    const read = parseLogProof(encodeUtf8(document))
    expect(read).toMatchObject({ leafIndex: 73894n, proof: { length: 5 } })
    expect(new TextDecoder().decode(read.extra!)).toMatch(/^age-v1\.2\.1-darwin-arm64\.tar\.gz/)
    expect(new TextDecoder().decode(read.checkpoint)).toMatch(/^example\.com\/fancylog\n109482\n/)
    expect(encodeLogProof(read)).toEqual(encodeUtf8(document))
    // The specification cuts the signatures short.
    expect(codeOf(() => parseNote(read.checkpoint))).toBe('NOTE_MALFORMED')
  })
})

describe('golang.org/x/mod/sumdb/note’s example', () => {
  test('is signed to the same bytes', () => {
    const encoded: string = golang.signerKey.split('+').slice(4).join('+')
    const privateKey = ed25519PrivateKey(decodeBase64(encoded).subarray(1))
    const key = parseVerifierKey(golang.verifierKey)
    const note = { text: golang.text as string, signatures: [signNote(golang.text, key.name, privateKey)] }
    expect(encodeNote(note)).toEqual(encodeUtf8(golang.note))
    expect(verifyNote(parseNote(encodeUtf8(golang.note)), [key])).toHaveLength(1)
  })
})

describe('Certificate Transparency’s reference tree', () => {
  const leaves: readonly Uint8Array[] = trees.leaves.map((hex: string) => leafHash(decodeHex(hex)))
  const roots: readonly Uint8Array[] = trees.roots.map((hex: string) => decodeHex(hex))

  test('has these roots', () => {
    for (const [size, root] of roots.entries()) {
      expect(rangeRoot(appendLeaves(EMPTY_RANGE, leaves.slice(0, size)))).toEqual(root)
    }
  })

  test.each<{ size1: number; size2: number; proof: string[] }>(trees.consistency)(
    'grows from $size1 to $size2 by this proof',
    ({ size1, size2, proof }) => {
      const made = proveConsistency(BigInt(size1), BigInt(size2), readerOf(leaves))
      expect(made.map(encodeHex)).toEqual(proof)
      const [root1, root2] = [roots[size1]!, roots[size2]!]
      verifyConsistency({ size1: BigInt(size1), size2: BigInt(size2), root1, root2, proof: made })
    }
  )
})
