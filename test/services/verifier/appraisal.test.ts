import { describe, expect, test } from 'vitest'
import { generateEd25519, randomBytes, sha256 } from '../../../attestation/crypto.ts'
import { parseEndorsements } from '../../../attestation/endorsements.ts'
import { virtualPolicy } from '../../../attestation/policy.ts'
import { challengeNonce } from '../../../attestation/session/keyset.ts'
import { createVirtualDevice } from '../../../attestation/virtual/device.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { appraiseUnder } from '../../../services/verifier/appraisal.ts'
import { createEvidence, createLabRoot, NOW } from '../../fakes/virtual-evidence.ts'

const root = await createLabRoot()
const deviceRoot = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const machine = { root: deviceRoot, devices: [createVirtualDevice(deviceRoot, { arch: 'HOPPER' }, NOW)] }
const evidence = await createEvidence(root, { machine })
const revoked = await createEvidence(root, { machine: { ...machine, endorsements: { statuses: { brom: 'revoked' } } } })
const anchors = { deviceRoots: [deviceRoot.deviceRoot.certificate], rimRoots: [deviceRoot.rimRoot.certificate] }
const policy = virtualPolicy(root.root.certificate, anchors)
const work = appraiseUnder(policy, { issuer: 'test', keyId: 'k', key: generateEd25519() })

function appraise(changes: { readonly nonce?: Uint8Array; readonly endorsed?: Uint8Array; readonly now?: Date } = {}) {
  const { tdx, rims, ocsp, crls } = parseEndorsements(changes.endorsed ?? evidence.collateralBytes)
  return work.appraise({
    bundle: evidence.bundleBytes,
    nonce: changes.nonce ?? challengeNonce(evidence.fields.challenge),
    collateral: tdx,
    devices: { rims, ocsp, crls },
    opinion: undefined,
    referenceValues: [],
    now: changes.now ?? NOW
  })
}

describe('evidence that was appraised before', () => {
  test('is appraised again with what endorses it now, and says so by its digest', async () => {
    const [first, second, third] = [
      await appraise(),
      await appraise({ endorsed: revoked.collateralBytes }),
      await appraise()
    ]
    expect([first, second, third].map(({ trusted }) => trusted)).toEqual([true, false, true])
    expect(second.result.findings.map(({ code }) => code)).toEqual(['OCSP_REVOKED'])
    for (const { collateral, result } of [first, second, third]) {
      expect(sha256(collateral)).toEqual(result.collateralDigest)
    }
    expect(first.result.collateralDigest).not.toEqual(second.result.collateralDigest)
  })

  test('must answer the nonce of now', async () => {
    await appraise()
    const { trusted, result } = await appraise({ nonce: randomBytes(32) })
    expect(trusted).toBe(false)
    expect(result.findings.map(({ code }) => code)).toEqual(['CHALLENGE_MISMATCH'])
  })

  test('lapses', async () => {
    expect((await appraise()).trusted).toBe(true)
    const { trusted, result } = await appraise({ now: new Date(NOW.getTime() + 24 * 3600 * 1000) })
    expect(trusted).toBe(false)
    expect(result.findings.map(({ code }) => code)).toContain('KEYSET_LAPSED')
  })
})
