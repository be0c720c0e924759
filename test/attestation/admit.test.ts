import { describe, expect, it } from 'vitest'
import { type Admission, admitHost, type LogEvidence } from '../../attestation/admit.ts'
import { type AppraisedHost, appraiseBundle } from '../../attestation/appraise.ts'
import { attestationLeaf, subjectId } from '../../attestation/attestation-leaf.ts'
import { ed25519PrivateKey, ed25519PublicBytes } from '../../attestation/crypto.ts'
import { decodeUtf8, encodeUtf8 } from '../../attestation/encoding.ts'
import { virtualPolicy } from '../../attestation/policy.ts'
import { type AttestationLeaf, encodeLeaf, type LogLeaf } from '../../attestation/tlog/leaf.ts'
import { cosignNote, encodeSignatureLine, parseNote } from '../../attestation/tlog/note.ts'
import { encodeVerifierKey, noteKey } from '../../attestation/tlog/note-key.ts'
import { TestLog } from '../fakes/test-log.ts'
import { createEvidence, createLabRoot, NOW, NOW_SECONDS, policyWith, readEvidence } from '../fakes/virtual-evidence.ts'

const log = new TestLog()
const root = await createLabRoot()
const policy = virtualPolicy(root.root.certificate, undefined, log.key)
const evidence = await createEvidence(root)
const host = trusted(policy)
const good = attestationLeaf(readEvidence(evidence).bundle, host.result)
const otherHost: LogLeaf = { kind: 'quarantine', v: 1, host: good.host, change: { kind: 'lifted', at: NOW } }

log.append(encodeLeaf(otherHost))
const index = log.append(encodeLeaf(good))
log.append(
  encodeLeaf({ kind: 'policy', v: 1, policyDigest: good.policyDigest, name: 'a', author: 'b', effectiveAt: NOW })
)

function trusted(under: typeof policy): AppraisedHost {
  const appraisal = appraiseBundle({ ...readEvidence(evidence), inclusion: 'apart' }, under, NOW)
  if (appraisal.kind === 'refused') throw new Error(JSON.stringify(appraisal.result.findings))
  return appraisal.host
}

function codes(admission: Admission): readonly string[] {
  return admission.kind === 'admitted' ? ['admitted'] : admission.findings.map(({ code }) => code)
}

/** A log of its own with this leaf in it, and the proof of it. */
function logged(leaf: LogLeaf, at = NOW_SECONDS): LogEvidence {
  const own = new TestLog()
  own.append(encodeUtf8('first'))
  const bytes = encodeLeaf(leaf)
  return { leaf: bytes, proof: own.prove(own.append(bytes), { at }) }
}

const proven: LogEvidence = { leaf: encodeLeaf(good), proof: log.prove(index, { at: NOW_SECONDS }) }
const bytes32 = new Uint8Array(32).fill(7)
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000)

describe('admitting an appraised host', () => {
  it('takes the leaf of its attestation, in a fresh checkpoint of the log that the policy names', () => {
    const admission = admitHost(host, proven, policy, NOW)
    if (admission.kind === 'refused') throw new Error(JSON.stringify(admission.findings))
    expect(admission.host).toMatchObject({ keysetDigest: host.keysetDigest, tee: 'virtual' })
    expect(admission.host.inclusion).toMatchObject({ leafIndex: BigInt(index), leaf: good })
    expect(admission.host.inclusion?.checkpoint.size).toBe(3n)
    expect(admission.host.inclusion?.note).toEqual(log.checkpoint({ at: NOW_SECONDS }))
  })

  it('takes a host without a log where the policy says none, whatever comes with it', () => {
    const none = virtualPolicy(root.root.certificate)
    for (const given of [null, proven, { leaf: bytes32, proof: bytes32 }]) {
      const admission = admitHost(trusted(none), given, none, NOW)
      expect(admission.kind === 'admitted' && admission.host.inclusion).toBe(null)
    }
  })

  it('ends the host with its leaf', () => {
    const expiresAt = later(60)
    const admission = admitHost(host, logged({ ...good, expiresAt }), policy, NOW)
    expect(admission.kind === 'admitted' && admission.host.notAfter).toBe(NOW_SECONDS + 60)
    expect(host.notAfter).toBeGreaterThan(NOW_SECONDS + 60)
  })

  it('is no way around the appraisal: without `apart`, evidence alone is refused by such a policy', () => {
    const { kind, result } = appraiseBundle(readEvidence(evidence), policy, NOW)
    expect([kind, ...result.findings.map(({ code }) => code)]).toEqual(['refused', 'LOG_PROOF_MISSING'])
  })

  it('is a mistake under another policy than the appraisal', () => {
    const other = virtualPolicy(root.root.certificate)
    expect(() => admitHost(host, proven, other, NOW)).toThrow(TypeError)
  })

  const text = decodeUtf8(proven.proof)
  const stranger = new TestLog('log.example/other', [encodeUtf8('x'), proven.leaf])
  const forger = ed25519PublicBytes(ed25519PrivateKey(bytes32))
  const refused: readonly (readonly [string, string, LogEvidence | null])[] = [
    ['LOG_PROOF_MISSING', 'nothing', null],
    ['LOG_PROOF_MISSING', 'no leaf', { ...proven, leaf: new Uint8Array(0) }],
    ['LOG_PROOF_MISSING', 'no proof', { ...proven, proof: new Uint8Array(0) }],
    ['LEAF_MALFORMED', 'bytes that are no leaf', { ...proven, leaf: bytes32 }],
    ['PROOF_MALFORMED', 'bytes that are no proof', { ...proven, proof: bytes32 }],
    [
      'PROOF_MALFORMED',
      'an index outside the tree',
      { ...proven, proof: encodeUtf8(text.replace('index 1', 'index 3')) }
    ],
    ['PROOF_INVALID', 'the proof of another leaf', { ...proven, proof: log.prove(2, { at: NOW_SECONDS }) }],
    ['PROOF_INVALID', 'another leaf', { ...proven, leaf: encodeLeaf({ ...good, policyDigest: bytes32 }) }],
    ['CHECKPOINT_ORIGIN_MISMATCH', 'another log', { ...proven, proof: stranger.prove(1, { at: NOW_SECONDS }) }],
    [
      'NOTE_SIGNATURE_INVALID',
      'a head that was altered',
      { ...proven, proof: encodeUtf8(text.replace('\n3\n', '\n4\n')) }
    ],
    ['CHECKPOINT_STALE', 'a head of too long ago', { ...proven, proof: log.prove(index, { at: NOW_SECONDS - 301 }) }],
    ['CHECKPOINT_STALE', 'a head of the future', { ...proven, proof: log.prove(index, { at: NOW_SECONDS + 61 }) }],
    [
      'CHECKPOINT_STALE',
      'a head that the log put no time to',
      { ...proven, proof: encodeUtf8(text.slice(0, text.lastIndexOf('— '))) }
    ],
    ['LEAF_KIND_MISMATCH', 'a leaf of another kind', logged(otherHost)],
    ['LEAF_MISMATCH', 'the attestation of another host', logged({ ...good, host: bytes32.subarray(16) })],
    ['LEAF_MISMATCH', 'of another keyset', logged({ ...good, keysetDigest: bytes32 })],
    ['LEAF_MISMATCH', 'of other evidence', logged({ ...good, evidenceDigest: bytes32 })],
    ['LEAF_MISMATCH', 'with other collateral', logged({ ...good, collateralDigest: bytes32 })],
    ['LEAF_LAPSED', 'an attestation that has ended', logged({ ...good, expiresAt: NOW })],
    ['LEAF_LAPSED', 'an attestation of the future', logged({ ...good, appraisedAt: later(61) })]
  ]
  it.each(refused)('is refused with %s for %s', (code, _, given) => {
    expect(codes(admitHost(host, given, policy, NOW))).toEqual([code])
  })

  it('says each thing that differs, and what to do', async () => {
    const other = await createEvidence(root, {
      challenge: { random: bytes32 },
      keyset: { epoch: bytes32.subarray(16) }
    })
    const { bundle } = readEvidence(other)
    const { nonce, challenge } = bundle
    const leaf = { ...good, nonce, challenge, keysetDigest: bundle.keyset.digest, evidenceDigest: bundle.digest }
    const admission = admitHost(host, logged(leaf), policy, NOW)
    const findings = admission.kind === 'refused' ? admission.findings : []
    expect(findings.map(({ expected }) => expected.split(' ')[0])).toEqual(['keyset', 'evidence', 'nonce'])
    expect(findings.every(({ claim, remedy }) => claim === 'log' && remedy.length > 20)).toBe(true)
  })

  describe('under a policy that wants witnesses', () => {
    const witness = ed25519PrivateKey(bytes32)
    const key = noteKey('witness.example/1', 'cosignature', forger)
    const witnesses = { witnesses: [encodeVerifierKey(key)], minimum_witnesses: 1 }
    const strict = policyWith(policy, { log: { ...documentOf(policy.log), ...witnesses } })

    function cosigned(proof: Uint8Array): Uint8Array {
      const document = decodeUtf8(proof)
      const note = parseNote(encodeUtf8(document.slice(document.indexOf('\n\n') + 2)))
      const line = cosignNote(note.text, key.name, witness, BigInt(NOW_SECONDS))
      return encodeUtf8(`${document}${encodeSignatureLine(line)}`)
    }

    it('takes a head that they have cosigned, and refuses one that they have not', () => {
      const appraised = trusted(strict)
      expect(codes(admitHost(appraised, { ...proven, proof: cosigned(proven.proof) }, strict, NOW))).toEqual([
        'admitted'
      ])
      expect(codes(admitHost(appraised, proven, strict, NOW))).toEqual(['CHECKPOINT_UNWITNESSED'])
    })
  })
})

describe('a host in the log', () => {
  it('has a leaf of its own evidence alone', async () => {
    const other = readEvidence(await createEvidence(root, { challenge: { random: bytes32 } })).bundle
    expect(() => attestationLeaf(other, host.result)).toThrow(TypeError)
  })

  it('is named by the subject that its quote commits to', () => {
    expect(subjectId('bombyx:host:000102030405060708090a0b0c0d0e0f')).toEqual(
      Uint8Array.from({ length: 16 }, (_, at) => at)
    )
  })
})

function documentOf(rules: typeof policy.log): Record<string, unknown> {
  if (rules.kind === 'none') throw new Error('no log')
  return {
    kind: rules.kind,
    key: encodeVerifierKey(rules.key),
    witnesses: [],
    minimum_witnesses: 0,
    maximum_checkpoint_age_seconds: rules.maximumCheckpointAgeSeconds
  }
}

// A leaf whose nonce is not of its challenge cannot be written at all, so no host can be shown one.
it('has no leaf whose nonce is not that of its challenge', () => {
  const leaf: AttestationLeaf = { ...good, nonce: bytes32 }
  expect(() => encodeLeaf(leaf)).toThrow('nonce')
})
