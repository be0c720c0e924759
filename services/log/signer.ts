import {
  type Checkpoint,
  encodeCheckpoint,
  type LogTrust,
  signCheckpoint,
  verifyCheckpoint
} from '../../attestation/tlog/checkpoint.ts'
import { encodeNote, type NoteSignature, parseNote } from '../../attestation/tlog/note.ts'
import type { NoteKey } from '../../attestation/tlog/note-key.ts'
import type { Lease } from '../runtime/lease.ts'
import { unixSeconds } from '../runtime/time.ts'
import type { HeadMemory } from './head-memory.ts'
import type { LogKey } from './key.ts'
import type { LogStore } from './store.ts'
import type { StoredTree, TreeIdentity, TreeStore } from './tree-store.ts'

/** Signs heads of a tree that is stored. */
export interface HeadSigner {
  readonly identity: TreeIdentity
  /** What is known to be signed: the newest stored checkpoint, and the head in the key's memory. */
  signedHeads(): Promise<readonly StoredTree[]>
  /**
   * Signs the head of the stored tree, or puts a new time to it, and stores the note; returns the time, in milliseconds. The
   * caller has stored the tree before.
   */
  sign(lease: Lease, head: StoredTree): Promise<number>
  /** Adds the lines of witnesses to the note of a head that is signed, in place of older ones of the same key. */
  addCosignatures(lease: Lease, head: StoredTree, lines: readonly NoteSignature[]): Promise<void>
}

export interface SignerContext {
  readonly origin: string
  readonly key: LogKey
  readonly witnesses: readonly NoteKey[]
  readonly memory: HeadMemory
  readonly store: LogStore
  readonly trees: TreeStore
  readonly now: () => Date
}

export function createSigner({ origin, key, witnesses, memory, store, trees, now }: SignerContext): HeadSigner {
  const identity = { origin, publicKey: key.publicKey }
  const trust = { ...identity, witnesses, minimumWitnesses: 0 }
  let remembered: Checkpoint | undefined
  const remember = async (head: Checkpoint): Promise<void> => {
    if (remembered?.size === head.size) return
    await memory.write(head)
    remembered = head
  }
  const sign = (head: StoredTree, lines: readonly NoteSignature[]) => {
    const signedAt = now()
    const timestamp = BigInt(unixSeconds(signedAt))
    const own = parseNote(signCheckpoint({ origin, ...head, extensions: [] }, key.privateKey, timestamp))
    const note = encodeNote({ text: own.text, signatures: [...own.signatures, ...lines] })
    return { note, witnesses: countWitnesses(note, trust), signedAt }
  }
  return {
    identity,
    async signedHeads() {
      const stored = await store.newestCheckpoint(0)
      remembered = await memory.read()
      const heads: StoredTree[] = stored === undefined ? [] : [verifyCheckpoint(stored.note, trust)]
      return remembered === undefined ? heads : [...heads, remembered]
    },
    async sign(lease, head) {
      // Remembered before it exists: a crash between the two at worst remembers a head that nobody has seen.
      await remember({ origin, ...head, extensions: [] })
      let signedAt = now()
      await trees.storeCheckpoint(lease, head, (before) => {
        const signed = sign(head, linesOfOthers(before, origin))
        signedAt = signed.signedAt
        return signed
      })
      return signedAt.getTime()
    },
    addCosignatures: (lease, head, lines) =>
      trees.storeCheckpoint(lease, head, (before) => {
        const kept = linesOfOthers(before, origin).filter((line) => !lines.some((added) => isOfSameKey(line, added)))
        return sign(head, [...kept, ...lines])
      })
  }
}

/** The text of a head, which the log and its witnesses sign. */
export function headText({ origin }: TreeIdentity, { size, root }: StoredTree): string {
  return encodeCheckpoint({ origin, size, root, extensions: [] })
}

function countWitnesses(note: Uint8Array, trust: LogTrust): number {
  return verifyCheckpoint(note, trust).witnesses.length
}

function linesOfOthers(note: Uint8Array | undefined, origin: string): readonly NoteSignature[] {
  return note === undefined ? [] : parseNote(note).signatures.filter(({ name }) => name !== origin)
}

function isOfSameKey(a: NoteSignature, b: NoteSignature): boolean {
  return a.name === b.name && Buffer.compare(a.keyId, b.keyId) === 0
}
