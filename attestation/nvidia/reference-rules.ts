import { encodeHex } from '../encoding.ts'
import { AttestationError } from '../errors.ts'
import type { VerifiedDevice } from './device.ts'
import { type DeviceFault, fault, tolerated } from './faults.ts'
import { closestRims, compareMeasurements, type MeasurementComparison } from './measurements.ts'
import { deviceLabel } from './mode.ts'
import { type RevocationContext, revocationVerdict, UNBOUNDED } from './revocation-rules.ts'
import { type AuthenticRim, authenticateRim, checkRimInDate } from './rim-verify.ts'

/** A policy's `devices.rim`. */
export interface ReferenceRules {
  readonly required: boolean
  readonly acceptExpiredCertificate: boolean
}

/** Manifests that are authentic, and what is wrong with those that are not. */
export interface References {
  readonly rims: readonly AuthenticRim[]
  readonly faults: readonly DeviceFault[]
}

export interface ReferenceVerdict {
  /** Null where the device was compared with nothing. */
  readonly measurements: MeasurementComparison | null
  readonly faults: readonly DeviceFault[]
  readonly notAfter: Date
}

export interface ReferenceContext {
  readonly rules: ReferenceRules
  readonly revocation: RevocationContext
  /** What was found of manifests already: devices of one kind share theirs. */
  readonly judged: Map<AuthenticRim, RimVerdict>
}

interface RimVerdict {
  readonly faults: readonly DeviceFault[]
  readonly notAfter: Date
}

const referencesOf = new WeakMap<
  readonly Uint8Array[],
  { readonly rimRoots: readonly Uint8Array[]; readonly found: References }
>()

/** Authenticates manifests. Endorsements serve many hosts, so theirs are looked up once. */
export function readReferences(documents: readonly Uint8Array[], rimRoots: readonly Uint8Array[]): References {
  const known = referencesOf.get(documents)
  if (known !== undefined && known.rimRoots === rimRoots) return known.found
  const found = authenticateAll(documents, rimRoots)
  referencesOf.set(documents, { rimRoots, found })
  return found
}

/** One that is forged refuses, even where another would do: somebody brought it. */
function authenticateAll(documents: readonly Uint8Array[], rimRoots: readonly Uint8Array[]): References {
  const rims: AuthenticRim[] = []
  const faults: DeviceFault[] = []
  for (const document of documents) {
    try {
      rims.push(authenticateRim(document, rimRoots))
    } catch (error) {
      if (!(error instanceof AttestationError)) throw error
      faults.push(fault(error.code, 'a reference integrity manifest that verifies', error.message))
    }
  }
  return { rims, faults }
}

/** Compares a device with its manifests, and judges these: their dates and the revocation of their chains. */
export function referenceVerdict(
  device: VerifiedDevice,
  { rims }: References,
  context: ReferenceContext
): ReferenceVerdict {
  try {
    const found = closestRims(device, rims)
    const measurements = compareMeasurements(device, found)
    const used = [...(found.driver === undefined ? [] : [found.driver]), found.vbios]
    const judged = used.map((rim) => judgeRim(rim, context))
    return {
      measurements,
      faults: [...judged.flatMap(({ faults }) => faults), ...mismatchFaults(device, measurements)],
      notAfter: new Date(Math.min(...judged.map(({ notAfter }) => notAfter.getTime())))
    }
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error
    const isExcused = error.code === 'RIM_MISSING' && !context.rules.required
    const faults = isExcused ? [] : [fault(error.code, "NVIDIA's measurements of this device", error.message)]
    return { measurements: null, faults, notAfter: UNBOUNDED }
  }
}

function judgeRim(rim: AuthenticRim, context: ReferenceContext): RimVerdict {
  const known = context.judged.get(rim)
  if (known !== undefined) return known
  const revocation = revocationVerdict(rim.chain, 0, context.revocation)
  const dates = dateFaults(rim, context.rules, context.revocation.now)
  const ends = dates.length > 0 ? [] : rim.chain.map((certificate) => certificate.notAfter.getTime())
  const verdict = {
    faults: [...dates, ...revocation.faults],
    notAfter: new Date(Math.min(revocation.notAfter.getTime(), ...ends))
  }
  context.judged.set(rim, verdict)
  return verdict
}

function dateFaults(rim: AuthenticRim, rules: ReferenceRules, now: Date): readonly DeviceFault[] {
  try {
    checkRimInDate(rim, now)
    return []
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error
    const make = rules.acceptExpiredCertificate ? tolerated : fault
    const code = rules.acceptExpiredCertificate ? 'RIM_EXPIRED_TOLERATED' : 'RIM_EXPIRED'
    return [make(code, 'a manifest whose certificates are in date', `${rim.product} ${rim.version}: ${error.message}`)]
  }
}

function mismatchFaults(
  device: VerifiedDevice,
  { compared, mismatches }: MeasurementComparison
): readonly DeviceFault[] {
  if (mismatches.length === 0) return []
  const listed = mismatches.map(
    ({ index, source, actual }) =>
      `${index} (${source}) ${actual === undefined ? 'absent' : encodeHex(actual.subarray(0, 8))}`
  )
  const actual = `${deviceLabel(device.device)} differs in ${mismatches.length}: ${listed.join(', ')}`
  return [fault('MEASUREMENT_MISMATCH', `${compared} measurements as NVIDIA published them`, actual)]
}
