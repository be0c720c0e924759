import type { DeviceArchitecture, DeviceEvidence } from '../bundle.ts'
import { AttestationError } from '../errors.ts'
import type { DeviceAnchors } from './anchors.ts'
import { type VerifiedDevice, verifyDevice } from './device.ts'
import { deviceFaults } from './device-rules.ts'
import { type DeviceState, refusedState, verifiedState } from './examine.ts'
import { type DeviceFault, fault } from './faults.ts'
import type { MeasurementComparison } from './measurements.ts'
import { deviceLabel } from './mode.ts'
import {
  type ReferenceContext,
  type ReferenceRules,
  type References,
  readReferences,
  referenceVerdict
} from './reference-rules.ts'
import { type RevocationAnswers, type RevocationStatus, readRevocationAnswers } from './revocation.ts'
import { type RevocationRules, revocationVerdict } from './revocation-rules.ts'
import { duplicatedDevices, type TopologyRule, topologyFaults } from './topology.ts'

/** What is asked of devices: a policy's `devices`. */
export interface DeviceRules extends DeviceAnchors {
  readonly architectures: readonly {
    readonly arch: DeviceArchitecture
    readonly minimumDriver: string
    readonly minimumVbios: string
  }[]
  readonly topology: TopologyRule
  readonly fwid: 'required' | 'required-from-driver-550'
  readonly rim: ReferenceRules
  readonly ocsp: RevocationRules
}

/**
 * Reports with the nonce that each must answer, and what NVIDIA says of them: manifests (XML), OCSP answers and CRLs (DER).
 */
export interface DevicesEvidence {
  readonly devices: readonly { readonly evidence: DeviceEvidence; readonly nonce: Uint8Array }[]
  readonly rims: readonly Uint8Array[]
  readonly ocsp: readonly Uint8Array[]
  readonly crls: readonly Uint8Array[]
}

/** What became of one device. Null is absent, and never good. */
export interface DeviceAssessment {
  readonly state: DeviceState
  readonly verified: VerifiedDevice | null
  readonly revocation: RevocationStatus | null
  readonly measurements: MeasurementComparison | null
  readonly faults: readonly DeviceFault[]
  /** Until when the endorsements of this device stand. */
  readonly notAfter: Date
}

export interface DevicesAssessment {
  /** In the order of the evidence. */
  readonly devices: readonly DeviceAssessment[]
  /** Of manifests that came and do not verify. */
  readonly referenceFaults: readonly DeviceFault[]
  /** Against all devices together: one that is here twice, the topology. */
  readonly setFaults: readonly DeviceFault[]
}

/** Every fault, in the order of the checks: reports, manifests, what is held against devices, all of them together. */
export function allFaults({ devices, referenceFaults, setFaults }: DevicesAssessment): readonly DeviceFault[] {
  const [refused, verified] = [true, false].map((isRefused) =>
    devices.filter((device) => (device.verified === null) === isRefused).flatMap(({ faults }) => faults)
  )
  return [...(refused ?? []), ...referenceFaults, ...(verified ?? []), ...setFaults]
}

const TOPOLOGIES = {
  any: 'any devices',
  whole: 'with protected PCIe, all 8 GPUs and 4 switches of the machine',
  single: 'one GPU alone',
  ppcie: 'the 8 GPUs and 4 switches of one machine'
} as const satisfies Record<TopologyRule, string>

interface Context {
  readonly rules: DeviceRules
  readonly references: References
  readonly reference: ReferenceContext
}

const answersOf = new WeakMap<
  readonly Uint8Array[],
  { readonly crls: readonly Uint8Array[]; readonly answers: RevocationAnswers }
>()

/**
 * Verifies every device and holds it against the rules: report, chain, nonce and FWID (`verifyDevice`), architecture and
 * versions, mode, revocation of its chain, manifests and measurements; then duplicates and topology of all. Nothing that
 * others sent makes it throw: each reason is a fault of the device that it is about.
 */
export function assessDevices(evidence: DevicesEvidence, rules: DeviceRules, now: Date): DevicesAssessment {
  const references = readReferences(evidence.rims, rules.rimRoots)
  const revocation = { answers: readAnswers(evidence), rules: rules.ocsp, now, known: new Map() }
  const context: Context = { rules, references, reference: { rules: rules.rim, revocation, judged: new Map() } }
  const devices = evidence.devices.map((device) => assessDevice(device, context))
  const verified = devices.flatMap((device) => (device.verified === null ? [] : [device.verified]))
  return {
    devices,
    referenceFaults: references.faults,
    setFaults: [
      ...duplicatedDevices(verified).map(({ device }) =>
        fault('DEVICE_DUPLICATED', 'each device once', `${deviceLabel(device)} twice`)
      ),
      ...topologyFaults(verified, rules.topology).map((actual) =>
        fault('TOPOLOGY_INVALID', TOPOLOGIES[rules.topology], actual)
      )
    ]
  }
}

function assessDevice(
  { evidence, nonce }: DevicesEvidence['devices'][number],
  { rules, references, reference: context }: Context
): DeviceAssessment {
  const { now } = context.revocation
  let verified: VerifiedDevice
  try {
    verified = verifyDevice(evidence, nonce, rules.deviceRoots, now)
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error
    const state = refusedState(evidence, nonce, rules.deviceRoots, now)
    const faults = [fault(error.code, 'a device report that verifies', error.message)]
    return { state, verified: null, revocation: null, measurements: null, faults, notAfter: now }
  }
  const revocation = revocationVerdict(verified.device.chain, 1, context.revocation)
  const reference = referenceVerdict(verified, references, context)
  return {
    state: verifiedState(verified),
    verified,
    revocation: revocation.status,
    measurements: reference.measurements,
    faults: [...deviceFaults(verified, rules), ...revocation.faults, ...reference.faults].map((found) =>
      naming(deviceLabel(verified.device), found)
    ),
    notAfter: new Date(Math.min(revocation.notAfter.getTime(), reference.notAfter.getTime()))
  }
}

/** Many devices have the same fault, and people want to know which. */
function naming(label: string, found: DeviceFault): DeviceFault {
  return found.actual.includes(label) ? found : { ...found, actual: `${label}: ${found.actual}` }
}

/** Endorsements serve many hosts, so their answers are read once. */
function readAnswers({ ocsp, crls }: DevicesEvidence): RevocationAnswers {
  const known = answersOf.get(ocsp)
  if (known?.crls === crls) return known.answers
  const answers = readRevocationAnswers(ocsp, crls)
  answersOf.set(ocsp, { crls, answers })
  return answers
}
