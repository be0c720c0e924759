import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { admitHost, type LogEvidence } from '../../../attestation/admit.ts'
import { type AppraisedHost, appraiseBundle } from '../../../attestation/appraise.ts'
import { attestationLeaf } from '../../../attestation/attestation-leaf.ts'
import { ed25519PublicBytes, generateEd25519 } from '../../../attestation/crypto.ts'
import { type Policy, virtualPolicy } from '../../../attestation/policy.ts'
import { signCheckpoint } from '../../../attestation/tlog/checkpoint.ts'
import { leafHash } from '../../../attestation/tlog/hash.ts'
import { encodeLeaf } from '../../../attestation/tlog/leaf.ts'
import { encodeLogProof } from '../../../attestation/tlog/log-proof.ts'
import { noteKey } from '../../../attestation/tlog/note-key.ts'
import { proveInclusion, rootAt } from '../../../attestation/tlog/prove.ts'
import { uniformReader } from '../../attestation/tlog/trees.ts'
import { createEvidence, createLabRoot, NOW, NOW_SECONDS, readEvidence } from '../../fakes/virtual-evidence.ts'
import { compare, standing } from '../compare.ts'
import { target } from '../micro.ts'
import { runRounds } from '../rounds.ts'
import type { Row } from '../row.ts'

const LEAVES = 1_000_000n
const INDEX = 123_456n

export const admissionRow: Row = {
  name: 'admission',
  title: "A client's check of one host's leaf, proof and checkpoint, in a log of 10^6 leaves",
  async run({ quick, random, progress }) {
    const calls = quick ? 100 : 1000
    const targets = [
      target('bombyx', calls, await admitting()),
      target('two signatures', calls, verifyingTwice()),
      target('two signatures again', calls, verifyingTwice())
    ]
    const rounds = await runRounds(targets, { rounds: quick ? 3 : 21, warmup: 2, random, progress })
    const ours = { ours: 'bombyx', by: 'cpu' } as const
    return {
      results: [
        standing(rounds, { ...ours, label: 'proof and checkpoint of a host', ask: { atMost: 1000 } }),
        compare(rounds, {
          ...ours,
          label: '… over two signatures',
          rival: 'two signatures',
          control: 'two signatures again',
          beside: 'wall',
          as: 'time'
        })
      ],
      notes: ['Two signatures: the log’s on its head and on the time, as node:crypto verifies them under one read key.']
    }
  }
}

async function admitting(): Promise<() => void> {
  const root = await createLabRoot()
  const key = generateEd25519()
  const log = noteKey('log.example/bench', 'ed25519', ed25519PublicBytes(key))
  const policy = virtualPolicy(root.root.certificate, undefined, log)
  const evidence = readEvidence(await createEvidence(root))
  const host = appraised(evidence, policy)
  const leaf = encodeLeaf(attestationLeaf(evidence.bundle, host.result))
  // A tree in which every leaf is this one is as deep as any other of its size.
  const read = uniformReader(leafHash(leaf))
  const head = { origin: log.name, size: LEAVES, root: rootAt(LEAVES, read), extensions: [] }
  const checkpoint = signCheckpoint(head, key, BigInt(NOW_SECONDS))
  const proof = encodeLogProof({
    leafIndex: INDEX,
    proof: proveInclusion(INDEX, LEAVES, read),
    checkpoint,
    extra: null
  })
  const shown: LogEvidence = { leaf, proof }
  return () => {
    if (admitHost(host, shown, policy, NOW).kind !== 'admitted') throw new Error('refused')
  }
}

function appraised(evidence: ReturnType<typeof readEvidence>, policy: Policy): AppraisedHost {
  const appraisal = appraiseBundle({ ...evidence, inclusion: 'apart' }, policy, NOW)
  if (appraisal.kind === 'refused') throw new Error('refused')
  return appraisal.host
}

function verifyingTwice(): () => void {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const message = new Uint8Array(120)
  const signature = sign(null, message, privateKey)
  return () => {
    for (let at = 0; at < 2; at++) if (!verify(null, message, publicKey, signature)) throw new Error('refused')
  }
}
