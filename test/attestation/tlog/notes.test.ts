import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ed25519PrivateKey, ed25519PublicBytes } from '../../../attestation/crypto.ts'
import { concatBytes, decodeBase64, encodeBase64, encodeUtf8 } from '../../../attestation/encoding.ts'
import {
  cosignNote,
  encodeNote,
  encodeSignatureLine,
  MAX_NOTE_BYTES,
  parseNote,
  parseSignatureLine,
  type SignedNote,
  signNote,
  verifiedSignatures,
  verifyNote
} from '../../../attestation/tlog/note.ts'
import { encodeVerifierKey, noteKey, parseVerifierKey } from '../../../attestation/tlog/note-key.ts'
import { codeOf } from './code-of.ts'

const TEXT = 'a text\n'
const NAME = 'log.example/one'
const privateKey = ed25519PrivateKey(new Uint8Array(32).fill(1))
const publicKey = ed25519PublicBytes(privateKey)
const stranger = ed25519PrivateKey(new Uint8Array(32).fill(2))
const KEY = noteKey(NAME, 'ed25519', publicKey)
const COSIGNER = noteKey(NAME, 'cosignature', publicKey)
const SIGNED = signNote(TEXT, NAME, privateKey)
const LINE = encodeSignatureLine(SIGNED)

const note = (...signatures: SignedNote['signatures']): SignedNote => ({ text: TEXT, signatures })

describe('a verifier key', () => {
  test('is read as it is written, with its type in the key id', () => {
    for (const key of [KEY, COSIGNER]) expect(parseVerifierKey(encodeVerifierKey(key))).toEqual(key)
    expect(KEY.keyId).not.toEqual(COSIGNER.keyId)
  })

  const [name, id, encoded] = [NAME, encodeVerifierKey(KEY).split('+')[1], encodeVerifierKey(KEY).slice(-44)]
  test.each([
    ['no key', `${name}+${id}`],
    ['no name', `+${id}+${encoded}`],
    ['a name with a space', `a b+${id}+${encoded}`],
    ['a name of 256 characters', encodeVerifierKey({ ...KEY, name: 'n'.repeat(256) })],
    ['another id', `${name}+00000000+${encoded}`],
    ['an id in capitals', `${name}+${id?.toUpperCase()}+${encoded}`],
    ['another name', `${name}x+${id}+${encoded}`],
    ['another type', encodeVerifierKey(KEY).replace(encoded, encodeBase64(concatBytes(Uint8Array.of(2), publicKey)))],
    ['a key of 31 bytes', `${name}+${id}+${encodeBase64(decodeBase64(encoded).subarray(0, 32))}`],
    ['a key that is not base64', `${name}+${id}+***`],
    ['600 characters', `${name}+${id}+${'A'.repeat(600)}`]
  ])('with %s is refused', (_, text) => {
    expect(codeOf(() => parseVerifierKey(text))).toBe('NOTE_KEY_MALFORMED')
  })
})

describe('a note', () => {
  test('is read as it is written, whatever its text and keys', () => {
    const text = fc.array(fc.string({ unit: 'grapheme' })).map((lines) => `${lines.join('\n')}\n`)
    const printed = text.filter((candidate) => !/[^\n\u0020-\u{10ffff}]/u.test(candidate))
    const name = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((word) => /^[^\p{White_Space}\p{Cc}+]+$/u.test(word))
    const signature = fc.record({
      name,
      keyId: fc.uint8Array({ minLength: 4, maxLength: 4 }),
      signature: fc.uint8Array({ minLength: 1, maxLength: 80 })
    })
    fc.assert(
      fc.property(printed, fc.array(signature, { minLength: 1, maxLength: 16 }), (body, signatures) => {
        const bytes = encodeNote({ text: body, signatures })
        const read = parseNote(bytes)
        expect(read.text).toBe(body)
        expect(encodeNote(read)).toEqual(bytes)
      })
    )
  })

  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['no signatures', encodeUtf8(TEXT)],
    ['no signature after the empty line', encodeUtf8(`${TEXT}\n`)],
    ['no empty line', encodeUtf8(`${TEXT}${LINE}`)],
    ['no newline at the end', encodeUtf8(`${TEXT}\n${LINE.trimEnd()}`)],
    ['a hyphen for the dash', encodeUtf8(`${TEXT}\n${LINE.replace('—', '-')}`)],
    ['a line of two words', encodeUtf8(`${TEXT}\n— ${NAME}\n`)],
    ['a line of four words', encodeUtf8(`${TEXT}\n${LINE.trimEnd()} x\n`)],
    ['a name with a plus', encodeUtf8(`${TEXT}\n${LINE.replace('log', 'lo+g')}`)],
    ['a name with a no-break space', encodeUtf8(`${TEXT}\n${LINE.replace('log', 'lo\u00a0g')}`)],
    ['a signature that is not base64', encodeUtf8(`${TEXT}\n— ${NAME} *\n`)],
    ['a signature of unpadded base64', encodeUtf8(`${TEXT}\n${LINE.replace('=', '')}`)],
    ['a signature of the key id alone', encodeUtf8(`${TEXT}\n— ${NAME} AAAAAA==\n`)],
    ['a carriage return', encodeUtf8(`a\r\n\n${LINE}`)],
    ['a tab', encodeUtf8(`a\tb\n\n${LINE}`)],
    ['bytes that are no UTF-8', concatBytes(Uint8Array.of(0xff), encodeUtf8(`${TEXT}\n${LINE}`))],
    ['65 signatures', encodeUtf8(`${TEXT}\n${LINE.repeat(65)}`)],
    ['more than 128 KiB', encodeUtf8(`${'a'.repeat(MAX_NOTE_BYTES)}\n\n${LINE}`)]
  ])('with %s is refused', (_, bytes) => {
    expect(codeOf(() => parseNote(bytes))).toBe('NOTE_MALFORMED')
  })

  test('has 64 signatures at most', () => {
    expect(parseNote(encodeUtf8(`${TEXT}\n${LINE.repeat(64)}`)).signatures).toHaveLength(64)
  })

  test.each(['no newline', 'a\r\n'])('is not signed over %j', (text) => {
    expect(() => signNote(text, NAME, privateKey)).toThrow(TypeError)
    expect(() => encodeNote({ text, signatures: [SIGNED] })).toThrow(TypeError)
  })
})

describe('a signature', () => {
  test('verifies', () => {
    expect(verifyNote(note(SIGNED), [KEY])).toEqual([{ key: KEY, timestamp: null }])
  })

  test('covers every byte of the text', () => {
    fc.assert(
      fc.property(fc.nat(TEXT.length - 2), (at) => {
        const changed = `${TEXT.slice(0, at)}#${TEXT.slice(at + 1)}`
        return codeOf(() => verifyNote({ ...note(SIGNED), text: changed }, [KEY])) === 'NOTE_SIGNATURE_INVALID'
      })
    )
  })

  test('of unknown keys is ignored, also where the name or the id is that of a known one', () => {
    const others = [
      signNote(TEXT, 'other.example', stranger),
      { ...SIGNED, name: 'other.example' },
      { ...SIGNED, keyId: Uint8Array.of(0, 0, 0, 0) }
    ]
    expect(verifyNote(note(...others, SIGNED), [KEY])).toHaveLength(1)
    expect(codeOf(() => verifyNote(note(...others), [KEY]))).toBe('NOTE_UNSIGNED')
    expect(verifiedSignatures(note(...others), [KEY])).toEqual([])
  })

  test('that is wrong refuses the note, also beside one that is right', () => {
    const wrong = { ...SIGNED, signature: signNote(TEXT, NAME, stranger).signature }
    expect(codeOf(() => verifyNote(note(wrong), [KEY]))).toBe('NOTE_SIGNATURE_INVALID')
    expect(codeOf(() => verifyNote(note(SIGNED, wrong), [KEY]))).toBe('NOTE_SIGNATURE_INVALID')
    const short = { ...SIGNED, signature: SIGNED.signature.subarray(1) }
    expect(codeOf(() => verifyNote(note(short), [KEY]))).toBe('NOTE_SIGNATURE_INVALID')
  })

  test('given twice counts once', () => {
    expect(verifyNote(note(SIGNED, SIGNED), [KEY])).toHaveLength(1)
  })
})

describe('a cosignature', () => {
  const cosign = (time: bigint) => cosignNote(TEXT, NAME, privateKey, time)

  test('verifies, and says when; of several the newest', () => {
    expect(verifyNote(note(cosign(1_800_000_000n)), [COSIGNER])[0]?.timestamp).toBe(1_800_000_000n)
    const several = note(cosign(5n), cosign(9n), cosign(7n))
    expect(verifyNote(several, [COSIGNER])).toEqual([{ key: COSIGNER, timestamp: 9n }])
    const line = parseSignatureLine(encodeSignatureLine(cosign((1n << 63n) - 1n)).trimEnd())
    expect(verifyNote(note(line), [COSIGNER])[0]?.timestamp).toBe((1n << 63n) - 1n)
  })

  test('of another time does not verify', () => {
    const moved = { ...cosign(5n), signature: Uint8Array.from(cosign(5n).signature).with(7, 6) }
    expect(codeOf(() => verifyNote(note(moved), [COSIGNER]))).toBe('NOTE_SIGNATURE_INVALID')
  })

  test('is no signature of the log, and none is one', () => {
    expect(codeOf(() => verifyNote(note(cosign(5n)), [KEY]))).toBe('NOTE_UNSIGNED')
    const asLog = { ...cosign(5n), keyId: KEY.keyId }
    expect(codeOf(() => verifyNote(note(asLog), [KEY]))).toBe('NOTE_SIGNATURE_INVALID')
    const asCosigner = { ...SIGNED, keyId: COSIGNER.keyId }
    expect(codeOf(() => verifyNote(note(asCosigner), [COSIGNER]))).toBe('NOTE_SIGNATURE_INVALID')
  })

  test('without a signature, or of a time over 2^63, is refused', () => {
    const empty = { ...cosign(5n), signature: cosign(5n).signature.subarray(0, 8) }
    expect(codeOf(() => verifyNote(note(empty), [COSIGNER]))).toBe('NOTE_SIGNATURE_INVALID')
    const late = { ...cosign(5n), signature: Uint8Array.from(cosign(5n).signature).with(0, 0x80) }
    expect(codeOf(() => verifyNote(note(late), [COSIGNER]))).toBe('NOTE_SIGNATURE_INVALID')
    expect(() => cosign(1n << 63n)).toThrow(TypeError)
  })
})
