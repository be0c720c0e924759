import type { DeviceClaims } from './result.ts'

const KINDS = {
  HOPPER: 'NVIDIA GPU of the Hopper generation',
  BLACKWELL: 'NVIDIA GPU of the Blackwell generation',
  LS10: 'NVIDIA NVSwitch of the third generation'
} as const satisfies Record<DeviceClaims['arch'], string>

const FEATURES = ['alone (SPT)', 'with other GPUs over encrypted links (MPT)', 'by protected PCIe (PPCIE)'] as const

const REVOCATION_SENTENCES = {
  good: 'The issuers of its certificates say that they are good.',
  grace: 'The issuers of its certificates said that they are good; the answer has lapsed.',
  unknown: 'An issuer does not know one of its certificates.',
  unavailable: 'Nobody answered whether its certificates are revoked.',
  hold: 'One of its certificates is on hold.',
  revoked: 'One of its certificates is revoked.'
} as const satisfies Record<Exclude<DeviceClaims['revocation'], null>, string>

/** A device in sentences: what it is, what was checked, and what came of it. */
export function explainDevice(device: DeviceClaims): string {
  return [
    `${nameOf(device)}${versionsOf(device)}.`,
    ...(device.verification === 'verified' ? verifiedSentences(device) : refusedSentences(device))
  ].join(' ')
}

function nameOf({ arch, chip, pdi }: DeviceClaims): string {
  const which = [chip, pdi].filter((part) => part !== null).join(' ')
  return which === '' ? `A device that claims to be an ${KINDS[arch]}` : `${KINDS[arch]}: ${which}`
}

function versionsOf({ driverVersion, vbiosVersion }: DeviceClaims): string {
  const driver = driverVersion === null ? '' : `, driver ${driverVersion}`
  return `${driver}${vbiosVersion === null ? '' : `, VBIOS ${vbiosVersion}`}`
}

function verifiedSentences(device: DeviceClaims): readonly string[] {
  return [
    'Its own key, which the root of this policy certifies, signed the report for this nonce.',
    device.fwid === 'match'
      ? 'Its firmware is the one that the key belongs to.'
      : 'The report does not name its firmware.',
    ...featureSentences(device),
    ...(device.revocation === null ? [] : [REVOCATION_SENTENCES[device.revocation]]),
    measurementSentence(device.measurements)
  ]
}

function featureSentences({ arch, feature }: DeviceClaims): readonly string[] {
  if (arch === 'LS10') return []
  if (feature === null) return ['Its firmware does not say whether it works alone or with other GPUs.']
  return [`It works ${FEATURES[feature] ?? `in a mode that is not known (${feature})`}.`]
}

function measurementSentence(measurements: DeviceClaims['measurements']): string {
  if (measurements === null) return 'Its measurements were compared with nothing.'
  const { compared, mismatches } = measurements
  if (mismatches.length === 0) return `All ${compared} measurements are the ones that were published for it.`
  const indices = mismatches.map(({ index, source }) => `${index} (${source})`).join(', ')
  return `Of ${compared} measurements ${mismatches.length} are not the ones that were published for it: ${indices}.`
}

function refusedSentences(device: DeviceClaims): readonly string[] {
  const faults = [
    ...(device.certificateChain === 'valid' ? [] : ['its certificates do not hold']),
    ...(device.reportSignature === 'valid' ? [] : ['its report is not signed by its certificate']),
    ...(device.nonce === 'match' ? [] : ['the report answers another nonce']),
    ...(device.fwid === 'mismatch' ? ['the report is of other firmware than the certificate'] : [])
  ]
  return [`It is not verified: ${faults.join(', ') || 'its report cannot be read'}. Nothing that it reports is proven.`]
}
