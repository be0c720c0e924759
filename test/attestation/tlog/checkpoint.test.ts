import { describe, expect, test } from 'vitest'
import { ed25519PrivateKey, ed25519PublicBytes } from '../../../attestation/crypto.ts'
import { encodeBase64 } from '../../../attestation/encoding.ts'
import {
  type Checkpoint,
  checkCheckpointAge,
  encodeCheckpoint,
  type LogTrust,
  parseCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
  verifyExtension
} from '../../../attestation/tlog/checkpoint.ts'
import { EMPTY_ROOT } from '../../../attestation/tlog/hash.ts'
import { cosignNote, encodeNote, type NoteSignature, parseNote } from '../../../attestation/tlog/note.ts'
import { noteKey } from '../../../attestation/tlog/note-key.ts'
import { proveConsistency } from '../../../attestation/tlog/prove.ts'
import { codeOf } from './code-of.ts'
import { leavesOf, naiveRoot, readerOf } from './trees.ts'

const ORIGIN = 'log.example/one'
const logKey = ed25519PrivateKey(new Uint8Array(32).fill(1))
const witnessKeys = [2, 3].map((seed) => ed25519PrivateKey(new Uint8Array(32).fill(seed)))
const LEAVES = leavesOf(9)
const ROOT = encodeBase64(naiveRoot(LEAVES))
const TIME = 1_800_000_000n

const TRUST: LogTrust = {
  origin: ORIGIN,
  publicKey: ed25519PublicBytes(logKey),
  witnesses: witnessKeys.map((key, at) => noteKey(`witness.example/${at}`, 'cosignature', ed25519PublicBytes(key))),
  minimumWitnesses: 0
}

function head(size: number, origin = ORIGIN): Checkpoint {
  return { origin, size: BigInt(size), root: naiveRoot(LEAVES.slice(0, size)), extensions: [] }
}

const publish = (size: number) => signCheckpoint(head(size), logKey, TIME)
const read = (size: number) => verifyCheckpoint(publish(size), TRUST)

/** A published checkpoint with more lines. */
function withLines(...more: readonly NoteSignature[]): Uint8Array {
  const note = parseNote(publish(9))
  return encodeNote({ ...note, signatures: [...note.signatures, ...more] })
}

const witness = (at: number, name = `witness.example/${at}`) =>
  cosignNote(encodeCheckpoint(head(9)), name, witnessKeys[at]!, TIME + BigInt(at))

describe('the text of a checkpoint', () => {
  test.each<[string, Checkpoint]>([
    ['an empty tree', { ...head(0), root: EMPTY_ROOT }],
    ['2^63 leaves', { ...head(9), size: 1n << 63n }],
    ['extension lines', { ...head(9), extensions: ['one', 'two words'] }],
    ['an origin that is a sentence', { ...head(9), origin: 'go.sum database tree' }]
  ])('with %s is read as it is written', (_, checkpoint) => {
    expect(parseCheckpoint(encodeCheckpoint(checkpoint))).toEqual(checkpoint)
  })

  test.each([
    ['nothing', ''],
    ['two lines', `${ORIGIN}\n9\n`],
    ['no newline at the end', `${ORIGIN}\n9\n${ROOT}`],
    ['an empty origin', `\n9\n${ROOT}\n`],
    ['an origin of 256 characters', `${'o'.repeat(256)}\n9\n${ROOT}\n`],
    ['a size with a leading zero', `${ORIGIN}\n09\n${ROOT}\n`],
    ['a size with a sign', `${ORIGIN}\n+9\n${ROOT}\n`],
    ['a size of other digits', `${ORIGIN}\n٩\n${ROOT}\n`],
    ['a size over 2^63', `${ORIGIN}\n9223372036854775809\n${ROOT}\n`],
    ['a size of 100 digits', `${ORIGIN}\n${'9'.repeat(100)}\n${ROOT}\n`],
    ['a root that is not base64', `${ORIGIN}\n9\n*\n`],
    ['a root without padding', `${ORIGIN}\n9\n${ROOT.slice(0, -1)}\n`],
    ['a root of 31 bytes', `${ORIGIN}\n9\n${encodeBase64(new Uint8Array(31))}\n`],
    ['another root of an empty tree', `${ORIGIN}\n0\n${ROOT}\n`],
    ['an empty extension line', `${ORIGIN}\n9\n${ROOT}\n\n`],
    ['17 extension lines', `${ORIGIN}\n9\n${ROOT}\n${'x\n'.repeat(17)}`]
  ])('with %s is refused', (_, text) => {
    expect(codeOf(() => parseCheckpoint(text))).toBe('CHECKPOINT_MALFORMED')
  })

  test.each<[string, Partial<Checkpoint>]>([
    ['a newline in its origin', { origin: 'a\n1' }],
    ['a newline in an extension', { extensions: ['a\nb'] }],
    ['a root of 31 bytes', { root: new Uint8Array(31) }],
    ['a size below zero', { size: -1n }]
  ])('is not written with %s', (_, change) => {
    expect(() => encodeCheckpoint({ ...head(9), ...change })).toThrow(TypeError)
  })
})

describe('a checkpoint', () => {
  test('is that of its log, with the log’s own time', () => {
    expect(read(9)).toEqual({ ...head(9), timestamp: TIME, witnesses: [] })
  })

  test('names the witnesses that are known, and their times', () => {
    const { witnesses } = verifyCheckpoint(withLines(witness(1), witness(0)), { ...TRUST, minimumWitnesses: 2 })
    expect(witnesses).toEqual([
      { name: 'witness.example/0', timestamp: TIME },
      { name: 'witness.example/1', timestamp: TIME + 1n }
    ])
  })

  test.each<[string, string, () => Uint8Array, Partial<LogTrust>]>([
    ['NOTE_MALFORMED', 'no note', () => new Uint8Array(5), {}],
    ['CHECKPOINT_MALFORMED', 'a note about something else', () => notOfHead('a text\n'), {}],
    ['CHECKPOINT_ORIGIN_MISMATCH', 'another log', () => publish(9), { origin: 'log.example/two' }],
    ['NOTE_UNSIGNED', 'another key', () => publish(9), { publicKey: TRUST.witnesses[0]!.publicKey }],
    ['NOTE_UNSIGNED', 'only its log’s time', () => notOfHead(encodeCheckpoint(head(9))), {}],
    ['NOTE_SIGNATURE_INVALID', 'another head than was signed', () => signedFor(8), {}],
    [
      'NOTE_SIGNATURE_INVALID',
      'a wrong witness',
      () => withLines({ ...witness(0), signature: witness(1).signature }),
      {}
    ],
    ['CHECKPOINT_UNWITNESSED', 'too few witnesses', () => withLines(witness(0)), { minimumWitnesses: 2 }],
    ['CHECKPOINT_UNWITNESSED', 'one witness twice', () => withLines(witness(0), witness(0)), { minimumWitnesses: 2 }],
    [
      'CHECKPOINT_UNWITNESSED',
      'one witness under two names',
      () => withLines(witness(0), witness(0, 'witness.example/again')),
      {
        witnesses: [
          TRUST.witnesses[0]!,
          noteKey('witness.example/again', 'cosignature', ed25519PublicBytes(witnessKeys[0]!))
        ],
        minimumWitnesses: 2
      }
    ],
    [
      'CHECKPOINT_UNWITNESSED',
      'the log as its own witness',
      () => publish(9),
      { witnesses: [noteKey(ORIGIN, 'cosignature', ed25519PublicBytes(logKey))], minimumWitnesses: 1 }
    ]
  ])('is refused with %s: %s', (code, _, bytes, change) => {
    expect(codeOf(() => verifyCheckpoint(bytes(), { ...TRUST, ...change }))).toBe(code)
  })
})

/** A note whose only line is the log's cosignature over the text. */
function notOfHead(text: string): Uint8Array {
  return encodeNote({ text, signatures: [cosignNote(text, ORIGIN, logKey, TIME)] })
}

/** The lines of one head under the text of another. */
function signedFor(size: number): Uint8Array {
  return encodeNote({ ...parseNote(publish(size)), text: encodeCheckpoint(head(9)) })
}

describe('the age of a checkpoint', () => {
  const rule = (seconds: number) => ({
    now: new Date((Number(TIME) + seconds) * 1000),
    maximumAge: 60,
    clockSkew: 5
  })

  test.each([
    [60, 'accepted'],
    [61, 'CHECKPOINT_STALE'],
    [-5, 'accepted'],
    [-6, 'CHECKPOINT_STALE']
  ])('after %i seconds: %s', (seconds, outcome) => {
    expect(codeOf(() => checkCheckpointAge(read(9), rule(seconds)))).toBe(outcome)
  })

  test('is not known without the log’s own time', () => {
    const note = parseNote(publish(9))
    const bytes = encodeNote({ ...note, signatures: note.signatures.slice(0, 1) })
    expect(codeOf(() => checkCheckpointAge(verifyCheckpoint(bytes, TRUST), rule(0)))).toBe('CHECKPOINT_STALE')
  })
})

describe('a newer checkpoint', () => {
  const proof = proveConsistency(6n, 9n, readerOf(LEAVES))

  test('extends the older one, the empty one and itself', () => {
    verifyExtension(read(6), read(9), proof)
    verifyExtension(read(0), read(9), [])
    verifyExtension(read(9), read(9), [])
  })

  test('of the same size and another root is a fork', () => {
    const other = { ...head(9), root: naiveRoot(leavesOf(9, 1)) }
    const forked = verifyCheckpoint(signCheckpoint(other, logKey, TIME), TRUST)
    expect(codeOf(() => verifyExtension(read(9), forked, []))).toBe('LOG_FORKED')
  })

  test.each<[string, readonly [number, number], readonly Uint8Array[], string]>([
    ['that the proof does not lead to', [5, 9], proveConsistency(6n, 9n, readerOf(LEAVES)), 'PROOF_MALFORMED'],
    ['without a proof', [6, 9], [], 'PROOF_MALFORMED'],
    ['that is smaller', [9, 6], proof, 'PROOF_MALFORMED'],
    ['with a proof from nothing', [0, 9], proof, 'PROOF_MALFORMED'],
    ['with a proof of other leaves', [6, 9], proveConsistency(6n, 9n, readerOf(leavesOf(9, 1))), 'PROOF_INVALID']
  ])('%s is refused', (_, [older, newer], path, code) => {
    expect(codeOf(() => verifyExtension(read(older), read(newer), path))).toBe(code)
  })

  test('of another log cannot be compared', () => {
    const trust = { ...TRUST, origin: 'log.example/two' }
    const other = verifyCheckpoint(signCheckpoint(head(9, 'log.example/two'), logKey, TIME), trust)
    expect(() => verifyExtension(read(6), other, proof)).toThrow(TypeError)
  })
})
