import type { DeviceEvidence } from '../../attestation/bundle.ts'
import { sha256 } from '../../attestation/crypto.ts'
import { encodeHex } from '../../attestation/encoding.ts'
import { AttestationError } from '../../attestation/errors.ts'
import { authenticateDevice } from '../../attestation/nvidia/chain.ts'
import { crlLocation } from '../../attestation/nvidia/crls.ts'
import { parseDeviceReport } from '../../attestation/nvidia/report.ts'
import { rimNames } from '../../attestation/nvidia/rim-names.ts'
import { authenticateRim } from '../../attestation/nvidia/rim-verify.ts'
import type { Policy } from '../../attestation/policy.ts'
import type { Certificate } from '../../attestation/x509.ts'
import { codeOf } from '../runtime/errors.ts'

/** A certificate whose revocation is asked for. */
export interface AskedCertificate {
  /** In hex, as in `Certificate`. */
  readonly serialNumber: string
  /** DER. */
  readonly certificate: Uint8Array
  readonly issuer: Uint8Array
  /** Its issuer's CRL, where the certificate names one. */
  readonly crl: AskedCrl | undefined
}

export interface AskedCrl {
  /** Of the location that a certificate names. */
  readonly path: string
  /** DER. */
  readonly issuer: Uint8Array
}

/** What NVIDIA is asked about a host's devices. */
export interface DeviceWants {
  /** Manifests, by the names of NVIDIA's service. */
  readonly rims: readonly string[]
  readonly certificates: readonly AskedCertificate[]
}

/** What NVIDIA says: manifests (XML), OCSP answers and CRLs (DER), as served. */
export interface DeviceEndorsements {
  readonly rims: readonly Uint8Array[]
  readonly ocsp: readonly Uint8Array[]
  readonly crls: readonly Uint8Array[]
}

/** What NVIDIA does not say is left out: appraisal says what that means. Throws `COLLATERAL_UNAVAILABLE`. */
export type DeviceEndorsementSource = (wants: DeviceWants) => Promise<DeviceEndorsements>

/** Where each part comes from. Undefined: there is none. Throws `COLLATERAL_UNAVAILABLE` where nobody can tell now. */
export interface DeviceParts {
  readonly rim: (id: string) => Promise<Uint8Array | undefined>
  readonly ocsp: (asked: AskedCertificate) => Promise<Uint8Array | undefined>
  readonly crl: (asked: AskedCrl) => Promise<Uint8Array | undefined>
}

export const NO_ENDORSEMENTS: DeviceEndorsements = { rims: [], ocsp: [], crls: [] }

const RIM_NAME = /^[A-Za-z0-9._]{1,128}$/
const CRL_PATH = /^(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}){1,4}$/

/** What to ask about devices that `deviceRoots` vouch for; nobody is asked about others. */
export function deviceWants(devices: readonly DeviceEvidence[], deviceRoots: readonly Uint8Array[]): DeviceWants {
  const wants = devices.map((device) => wantsOf(device, deviceRoots))
  return {
    rims: [...new Set(wants.flatMap(({ rims }) => rims))].sort(),
    certificates: eachOnce(wants.flatMap(({ certificates }) => certificates))
  }
}

/**
 * Collects what NVIDIA says, from where its parts come. An outage is an error where the policy wants the part, so that a
 * host is not refused for it; where the policy does without, the part is left out, and a CRL never decides alone.
 */
export function deviceEndorsementSource(
  parts: DeviceParts,
  { rimRoots, rim, ocsp }: Policy['devices']
): DeviceEndorsementSource {
  return async (wants) => {
    const rims = await collect(wants.rims, (id) => tolerate(parts.rim(id), !rim.required))
    const certificates = eachOnce([...wants.certificates, ...rims.flatMap((xml) => signerCertificates(xml, rimRoots))])
    const wantedCrls = new Map(certificates.flatMap(({ crl }) => (crl === undefined ? [] : [[crlName(crl), crl]])))
    const crls = new Map<string, Uint8Array>()
    const [answers] = await Promise.all([
      Promise.allSettled(certificates.map((asked) => parts.ocsp(asked))),
      Promise.all(
        [...wantedCrls].map(async ([name, asked]) => {
          const der = await tolerate(parts.crl(asked), true)
          if (der !== undefined) crls.set(name, der)
        })
      )
    ])
    answers.forEach((answer, at) => {
      const crl = certificates[at]?.crl
      const isExcused = !ocsp.required || (crl !== undefined && crls.has(crlName(crl)))
      if (answer.status === 'rejected' && !(isExcused && isOutage(answer.reason))) throw answer.reason
    })
    const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? (answer.value ?? []) : []))
    return { rims, ocsp: given, crls: [...crls.values()] }
  }
}

/** The second where the first has nothing or cannot tell. */
export function partsBehind(first: DeviceParts, second: DeviceParts): DeviceParts {
  const behind =
    <Key>(ask: (key: Key) => Promise<Uint8Array | undefined>, then: typeof ask) =>
    async (key: Key): Promise<Uint8Array | undefined> => {
      const [found] = await Promise.allSettled([ask(key)])
      if (found.status === 'fulfilled' && found.value !== undefined) return found.value
      const other = await then(key)
      if (other === undefined && found.status === 'rejected') throw found.reason
      return other
    }
  return {
    rim: behind(first.rim, second.rim),
    ocsp: behind(first.ocsp, second.ocsp),
    crl: behind(first.crl, second.crl)
  }
}

/** What tells two certificates apart: an issuer numbers its own. */
export function askedName({ serialNumber, issuer }: AskedCertificate): string {
  return `${serialNumber}-${encodeHex(sha256(issuer)).slice(0, 16)}`
}

export function crlName({ path, issuer }: AskedCrl): string {
  return `${path} ${encodeHex(sha256(issuer)).slice(0, 16)}`
}

function wantsOf({ arch, certificate, evidence }: DeviceEvidence, deviceRoots: readonly Uint8Array[]): DeviceWants {
  try {
    const { chain, chip } = authenticateDevice(certificate, arch, deviceRoots)
    const { vbios, driver } = rimNames(arch, chip, parseDeviceReport(evidence).response.opaque)
    const rims = [vbios, ...(driver === undefined ? [] : [driver])]
    return { rims: rims.filter((name) => RIM_NAME.test(name)), certificates: askedIn(chain, 1) }
  } catch (error) {
    if (error instanceof AttestationError) return { rims: [], certificates: [] }
    throw error
  }
}

/** Those of a manifest's chain below its root; nobody is asked about a manifest that no root vouches for. */
function signerCertificates(rim: Uint8Array, rimRoots: readonly Uint8Array[]): readonly AskedCertificate[] {
  try {
    return askedIn(authenticateRim(rim, rimRoots).chain, 0)
  } catch (error) {
    if (error instanceof AttestationError) return []
    throw error
  }
}

function askedIn(chain: readonly Certificate[], from: number): readonly AskedCertificate[] {
  return chain.slice(from, -1).flatMap((certificate, at) => {
    const issuer = chain[from + at + 1]
    if (issuer === undefined) return []
    const { serialNumber, der } = certificate
    const path = crlPath(certificate)
    const crl = path === undefined ? undefined : { path, issuer: issuer.der }
    return [{ serialNumber, certificate: der, issuer: issuer.der, crl }]
  })
}

/** Of the location alone the path is used: the host that is asked is the configuration's to name. */
function crlPath(certificate: Certificate): string | undefined {
  const path = URL.parse(crlLocation(certificate) ?? '')?.pathname
  return path !== undefined && CRL_PATH.test(path) ? path : undefined
}

function eachOnce(certificates: readonly AskedCertificate[]): readonly AskedCertificate[] {
  return [...new Map(certificates.map((asked) => [askedName(asked), asked])).values()]
}

async function collect<Key>(
  keys: readonly Key[],
  ask: (key: Key) => Promise<Uint8Array | undefined>
): Promise<readonly Uint8Array[]> {
  return (await Promise.all(keys.map(ask))).filter((part) => part !== undefined)
}

async function tolerate<T>(asking: Promise<T>, isTolerated: boolean): Promise<T | undefined> {
  try {
    return await asking
  } catch (error) {
    if (isTolerated && isOutage(error)) return undefined
    throw error
  }
}

function isOutage(error: unknown): boolean {
  return codeOf(error) === 'COLLATERAL_UNAVAILABLE'
}
