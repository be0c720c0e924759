import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { createVirtualCrl } from '../../../attestation/virtual/crl.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'
import { codeOf } from '../../../services/runtime/errors.ts'
import { fetchCrl } from '../../../services/verifier/ocsp-service.ts'
import { startFakeNvidia } from '../../fakes/nvidia-services.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const DATES = { thisUpdate: NOW, nextUpdate: new Date(NOW.getTime() + 3_600_000) }
const LIMITS = { attempts: 1, timeoutMs: 3_000, firstDelayMs: 2, maxDelayMs: 10, maxBytes: 1 << 20 }
const PATH = '/crl/gh100Identity.crl'

const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const stranger = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const serials = (count: number): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, at) => Uint8Array.from(Buffer.from(at.toString(16).padStart(40, '1'), 'hex')))

async function outcome(crl: Uint8Array): Promise<unknown> {
  await using nvidia = await startFakeNvidia({
    rim: () => undefined,
    ocsp: () => undefined,
    crl: (path) => (path === PATH ? crl : undefined)
  })
  const config = { ocspUrl: nvidia.url, crlUrl: nvidia.url, limits: LIMITS }
  const asked = { path: PATH, issuer: root.gh100Identity.certificate }
  return await fetchCrl(asked, config, new AbortController().signal).then(() => 'taken', codeOf)
}

describe('a CRL from whoever answers over HTTP', () => {
  test.each([
    ['of its issuer', () => createVirtualCrl(root.gh100Identity, [], DATES), 'taken'],
    ['as large as a client reads', () => createVirtualCrl(root.gh100Identity, serials(6_500), DATES), 'taken'],
    ['larger', () => createVirtualCrl(root.gh100Identity, serials(8_000), DATES), 'OCSP_INVALID'],
    ['of another authority', () => createVirtualCrl(root.rimRoot, [], DATES), 'OCSP_INVALID'],
    ['in its name by another key', () => createVirtualCrl(stranger.gh100Identity, [], DATES), 'OCSP_INVALID'],
    ['that is none', () => encodeUtf8('CRL'), 'CERTIFICATE_MALFORMED']
  ])('%s', async (_, make, expected) => {
    expect(await outcome(make())).toBe(expected)
  })
})
