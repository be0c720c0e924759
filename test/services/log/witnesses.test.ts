import { describe, expect, it } from 'vitest'
import { ed25519PrivateKey, ed25519PublicBytes } from '../../../attestation/crypto.ts'
import { encodeCheckpoint } from '../../../attestation/tlog/checkpoint.ts'
import { cosignNote, encodeSignatureLine, signNote } from '../../../attestation/tlog/note.ts'
import { noteKey } from '../../../attestation/tlog/note-key.ts'
import { readCosignature } from '../../../services/log/witnesses.ts'
import { codeOf } from '../../../services/runtime/errors.ts'

const [privateKey, stranger] = [1, 2].map((at) => ed25519PrivateKey(new Uint8Array(32).fill(at))) as [
  ReturnType<typeof ed25519PrivateKey>,
  ReturnType<typeof ed25519PrivateKey>
]
const NAME = 'witness.example/w'
const key = noteKey(NAME, 'cosignature', ed25519PublicBytes(privateKey))
const head = (size: bigint): string =>
  encodeCheckpoint({ origin: 'log.example/a', size, root: new Uint8Array(32).fill(7), extensions: [] })
const TEXT = head(9n)

const cosigned = (text = TEXT, time = 1_700_000_000n, by = privateKey, name = NAME): string =>
  encodeSignatureLine(cosignNote(text, name, by, time))

function outcome(body: string): unknown {
  try {
    return readCosignature(body, TEXT, key)
  } catch (error) {
    return codeOf(error)
  }
}

describe('a witness that answers', () => {
  const expected = cosignNote(TEXT, NAME, privateKey, 1_700_000_000n)
  it.each([
    ['its cosignature', cosigned()],
    ['it beside a line of another key', `${cosigned(TEXT, 1n, stranger, 'other.example/w')}${cosigned()}`],
    ['it beside a line of its name by a key that is not known', `${cosigned(TEXT, 1n, stranger)}${cosigned()}`]
  ])('%s has cosigned', (_, body) => {
    expect(outcome(body)).toEqual(expected)
  })

  it.each([
    ['nothing', '', 'UNAVAILABLE'],
    ['a line of another key alone', cosigned(TEXT, 1n, stranger), 'UNAVAILABLE'],
    ['a signature that is no cosignature', encodeSignatureLine(signNote(TEXT, NAME, privateKey)), 'UNAVAILABLE'],
    ['its cosignature twice', `${cosigned()}${cosigned()}`, 'UNAVAILABLE'],
    [
      'as many as fill a note',
      Array.from({ length: 64 }, (_, at) => cosigned(TEXT, BigInt(at))).join(''),
      'UNAVAILABLE'
    ],
    ['a cosignature of another head', cosigned(head(8n)), 'NOTE_SIGNATURE_INVALID'],
    ['something else', 'hello\n', 'NOTE_MALFORMED']
  ])('%s has not', (_, body, code) => {
    expect(outcome(body)).toBe(code)
  })
})
