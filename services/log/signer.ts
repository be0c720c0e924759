import {
  type Checkpoint,
  parseCheckpoint,
  signCheckpoint,
  verifyCheckpoint
} from '../../attestation/tlog/checkpoint.ts'
import { encodeNote, parseNote } from '../../attestation/tlog/note.ts'
import type { Lease } from '../runtime/lease.ts'
import type { HeadMemory, LogKey } from './key.ts'
import type { LogStore, StoredCheckpoint } from './store.ts'
import type { TreeIdentity, TreeStore } from './tree-store.ts'

export interface Head {
  readonly size: bigint
  readonly root: Uint8Array
}

/** Signs heads of a tree that is stored. */
export interface HeadSigner {
  readonly identity: TreeIdentity
  /** What is known to be signed: the newest stored checkpoint, and the head in the key's memory. */
  signedHeads(): Promise<readonly Head[]>
  /**
   * Signs the head of the stored tree, or puts a new time to it, and stores the note; returns the time, in milliseconds. The
   * caller has stored the tree before.
   */
  sign(lease: Lease, head: Head): Promise<number>
}

export interface SignerContext {
  readonly origin: string
  readonly key: LogKey
  readonly memory: HeadMemory
  readonly store: LogStore
  readonly trees: TreeStore
  readonly now: () => Date
}

export function createSigner({ origin, key, memory, store, trees, now }: SignerContext): HeadSigner {
  const identity = { origin, publicKey: key.publicKey }
  const trust = { ...identity, witnesses: [], minimumWitnesses: 0 }
  let remembered: Checkpoint | undefined
  const remember = async (head: Checkpoint): Promise<void> => {
    if (remembered?.size === head.size) return
    await memory.write(head)
    remembered = head
  }
  return {
    identity,
    async signedHeads() {
      const stored = await store.newestCheckpoint()
      remembered = await memory.read()
      const heads: Head[] = stored === undefined ? [] : [verifyCheckpoint(stored.note, trust)]
      return remembered === undefined ? heads : [...heads, remembered]
    },
    async sign(lease, head) {
      const checkpoint = { origin, ...head, extensions: [] }
      const signedAt = now()
      // Remembered before it exists: a crash between the two at worst remembers a head that nobody has seen.
      await remember(checkpoint)
      const before = await store.newestCheckpoint()
      const timestamp = BigInt(Math.floor(signedAt.getTime() / 1000))
      const note = signCheckpoint(checkpoint, key.privateKey, timestamp)
      await trees.storeCheckpoint(lease, { ...head, note: withCosignatures(note, before) }, signedAt)
      return signedAt.getTime()
    }
  }
}

/** A head that only gets a new time keeps what others have signed of it. */
function withCosignatures(note: Uint8Array, before: StoredCheckpoint | undefined): Uint8Array {
  const { text, signatures } = parseNote(note)
  const old = before === undefined ? undefined : parseNote(before.note)
  if (old === undefined || old.text !== text) return note
  const { origin } = parseCheckpoint(text)
  return encodeNote({ text, signatures: [...signatures, ...old.signatures.filter(({ name }) => name !== origin)] })
}
