import { describe, expect, test } from 'vitest'
import { authenticateDevice } from '../../../attestation/nvidia/chain.ts'
import { chainRevocation, readRevocationAnswers } from '../../../attestation/nvidia/revocation.ts'
import { createVirtualCrl } from '../../../attestation/virtual/crl.ts'
import { createVirtualDevice } from '../../../attestation/virtual/device.ts'
import {
  createVirtualDeviceEndorsements,
  type VirtualEndorsementOptions
} from '../../../attestation/virtual/device-endorsements.ts'
import { reportVirtualDevice } from '../../../attestation/virtual/device-report.ts'
import { createVirtualDeviceRoot, generateVirtualDeviceRootKeys } from '../../../attestation/virtual/device-root.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const HOUR = 3_600_000
const root = createVirtualDeviceRoot(generateVirtualDeviceRootKeys(), NOW)
const device = createVirtualDevice(root, { arch: 'HOPPER' }, NOW)
const { arch, certificate } = reportVirtualDevice(device, new Uint8Array(32))
const { chain } = authenticateDevice(certificate, arch, [root.deviceRoot.certificate])

const inHours = (hours: number): Date => new Date(NOW.getTime() + hours * HOUR)
const crl = (from: number, until: number, issuer = root.gh100Identity): Uint8Array =>
  createVirtualCrl(issuer, [], { thisUpdate: inHours(from), nextUpdate: inHours(until) })

type Status = NonNullable<VirtualEndorsementOptions['statuses']['provisioner']>

/** What is known of a device's chain when OCSP says this of one of its authorities, and its issuer's CRLs list none. */
function revocationOf(provisioner: Status | undefined, ...crls: readonly Uint8Array[]): string {
  const statuses = provisioner === undefined ? {} : { statuses: { provisioner } }
  const { ocsp } = createVirtualDeviceEndorsements(root, [device], statuses, NOW)
  const answers = readRevocationAnswers(
    ocsp.map(({ der }) => der),
    crls
  )
  return chainRevocation(chain, 1, answers, { now: NOW, graceSeconds: 2 * 3600, known: new Map() }).status
}

describe('a CRL that does not list a certificate', () => {
  test('stands in where OCSP says nothing of it', () => {
    expect(revocationOf('missing')).toBe('unavailable')
    expect(revocationOf('missing', crl(-1, 1))).toBe('good')
  })

  test.each(['hold', 'unknown', 'revoked'] as const)('does not outweigh the answer “%s”', (status) => {
    expect(revocationOf(status, crl(-1, 1))).toBe(status)
  })

  test.each([
    ['of the future', crl(1, 2)],
    ['that has lapsed', crl(-2, -1)],
    ['in date, but older than an outage may last', crl(-3, 1)],
    ['of another issuer', crl(-1, 1, root.rimRoot)],
    ['that nobody can read', new Uint8Array([0x30, 0])]
  ])('%s stands in for nothing', (_, der) => {
    expect(revocationOf('missing', der)).toBe('unavailable')
  })
})
