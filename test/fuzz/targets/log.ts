import { ed25519PrivateKey, ed25519PublicBytes, equalBytes } from '../../../attestation/crypto.ts'
import { decodeUtf8, encodeUtf8 } from '../../../attestation/encoding.ts'
import { parseCheckpoint, signCheckpoint, verifyCheckpoint } from '../../../attestation/tlog/checkpoint.ts'
import { verifyLog } from '../../../attestation/tlog/conformance.ts'
import { leafHash } from '../../../attestation/tlog/hash.ts'
import { encodeLeaf, parseLeaf } from '../../../attestation/tlog/leaf.ts'
import { encodeLogProof, parseLogProof, verifyLogProof } from '../../../attestation/tlog/log-proof.ts'
import { encodeNote, parseNote } from '../../../attestation/tlog/note.ts'
import { encodeVerifierKey, noteKey, parseVerifierKey } from '../../../attestation/tlog/note-key.ts'
import { encodeEntryBundle, parseEntryBundle } from '../../../attestation/tlog/tile.ts'
import { parseTilePath, tilePath } from '../../../attestation/tlog/tile-path.ts'
import type { FuzzTarget } from '../target.ts'

const privateKey = ed25519PrivateKey(new Uint8Array(32).fill(1))
const trust = {
  origin: 'log.example/one',
  publicKey: ed25519PublicBytes(privateKey),
  witnesses: [],
  minimumWitnesses: 0
}
const entry = encodeLeaf({
  kind: 'quarantine',
  v: 1,
  host: new Uint8Array(16),
  change: { kind: 'imposed', reason: 'TCB_REVOKED', since: new Date(0) }
})
const head = { origin: trust.origin, size: 1n, root: leafHash(entry), extensions: ['a line'] }
const checkpoint = signCheckpoint(head, privateKey, 5n)
const proof = encodeLogProof({ leafIndex: 0n, proof: [], checkpoint, extra: encodeUtf8('more') })
const claim = { kind: 'inclusion', leafIdx: '0', treeSize: '1', root: 'AAAA', leafHash: 'AAAA', proof: null }

const CHECKPOINT = [
  'NOTE_MALFORMED',
  'NOTE_UNSIGNED',
  'NOTE_SIGNATURE_INVALID',
  'CHECKPOINT_MALFORMED',
  'CHECKPOINT_ORIGIN_MISMATCH'
]
const limits = { weight: 4, limitMs: 100 }

/** What a log, its mirrors and whoever hands on a proof of it give. */
export function logTargets(): readonly FuzzTarget[] {
  return [
    {
      ...limits,
      name: 'checkpoint',
      seeds: [checkpoint],
      codes: CHECKPOINT,
      run: (input) => {
        const note = parseNote(input)
        same(encodeNote(note), input)
        parseCheckpoint(note.text)
        verifyCheckpoint(input, trust)
      }
    },
    {
      ...limits,
      name: 'offline log proof',
      seeds: [proof],
      codes: [...CHECKPOINT, 'PROOF_MALFORMED', 'PROOF_INVALID'],
      run: (input) => {
        const read = parseLogProof(input)
        same(encodeLogProof(read), input)
        verifyLogProof(read, entry, trust)
      }
    },
    {
      ...limits,
      name: 'log leaf',
      seeds: [entry],
      codes: ['LEAF_MALFORMED'],
      json: true,
      run: (input) => same(encodeLeaf(parseLeaf(input)), input)
    },
    {
      ...limits,
      name: 'entry bundle',
      seeds: [encodeEntryBundle([entry, encodeUtf8('two')])],
      codes: ['TILE_MALFORMED'],
      run: (input) => same(encodeEntryBundle(parseEntryBundle(input, 2)), input)
    },
    {
      ...limits,
      name: 'tile path',
      seeds: [encodeUtf8('tile/0/x001/x234/067.p/17')],
      codes: ['TILE_MALFORMED'],
      run: (input) => void tilePath(parseTilePath(Buffer.from(input).toString('latin1')))
    },
    {
      ...limits,
      name: 'verifier key',
      seeds: [encodeUtf8(encodeVerifierKey(noteKey(trust.origin, 'ed25519', trust.publicKey)))],
      codes: ['NOTE_KEY_MALFORMED'],
      run: (input) => void encodeVerifierKey(parseVerifierKey(Buffer.from(input).toString('latin1')))
    },
    {
      ...limits,
      name: 'conformance verify-log',
      seeds: [encodeUtf8(JSON.stringify(claim))],
      codes: ['ENCODING_MALFORMED'],
      json: true,
      run: (input) => {
        const { exitCode } = verifyLog(decodeUtf8(input))
        if (exitCode === 1) throw new TypeError('verify-log failed')
      }
    }
  ]
}

/** What is accepted has one writing. */
function same(written: Uint8Array, read: Uint8Array): void {
  if (!equalBytes(written, read)) throw new TypeError('read as something else than it says')
}
