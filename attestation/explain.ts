import { printable } from './appraisal/printable.ts'
import { encodeHex } from './encoding.ts'
import { explainDevice } from './explain-device.ts'
import type { AppraisalResult, AppraisalStatus, Finding, PlatformClaims, Tee, WorkloadClaims } from './result.ts'
import type { TcbStatus } from './tdx/status.ts'

const TEE_SENTENCES = {
  tdx: 'The evidence was signed by Intel TDX hardware, up to the root key that Intel published.',
  sgx: 'The evidence was signed by Intel SGX hardware: it speaks for an enclave, not for a virtual machine.',
  virtual:
    'The evidence is VIRTUAL: a program made it, no hardware did. It protects nothing and is for development and tests.',
  unverified: 'The evidence could not be verified, so nothing that it claims is to be believed.'
} as const satisfies Record<Tee, string>

const STATUS_SENTENCES = {
  UpToDate: 'its firmware, microcode and TDX module have every fix that Intel has published',
  SWHardeningNeeded: 'it is up to date, and software in the guest must mitigate the advisories itself',
  ConfigurationNeeded: 'it is up to date, and its BIOS settings must be changed to close the advisories',
  ConfigurationAndSWHardeningNeeded:
    'it is up to date, and both BIOS settings and software in the guest must mitigate the advisories',
  OutOfDate: 'it lacks security updates of BIOS, microcode or TDX module that Intel has published',
  OutOfDateConfigurationNeeded: 'it lacks security updates that Intel has published, and BIOS settings must be changed',
  TDRelaunchAdvised: 'its TDX module was updated while the guest ran: the guest should be started again',
  TDRelaunchAdvisedConfigurationNeeded:
    'its TDX module was updated while the guest ran: start the guest again, and change the BIOS settings',
  NotSupported: 'Intel publishes no level for what it runs, as for hardware from before production',
  Revoked: 'Intel has revoked what it runs'
} as const satisfies Record<TcbStatus, string>

/** A result in sentences for people who know neither TDX nor this project; the first says the verdict. */
export function explainResult(result: AppraisalResult): readonly string[] {
  return [
    verdictSentence(result),
    TEE_SENTENCES[result.tee],
    ...(result.platform === null ? [] : platformSentences(result.platform)),
    ...(result.workload === null ? [] : workloadSentences(result.workload)),
    ...(result.platform === null ? [] : deviceSentences(result)),
    ...explainFindings(result.findings)
  ].map(printable)
}

function verdictSentence({ status, policy, notAfter, appraisedAt, nonce }: AppraisalResult): string {
  const subject = nonce === null ? 'quote' : 'host'
  const verdicts = {
    affirming: `This ${subject} meets the policy "${policy.name}", until ${instant(notAfter)}.`,
    warning: `This ${subject} meets the policy "${policy.name}" with a warning, until ${instant(notAfter)}.`,
    contraindicated: `This ${subject} is refused by the policy "${policy.name}", as of ${instant(appraisedAt)}.`
  } as const satisfies Record<AppraisalStatus, string>
  return verdicts[status]
}

function platformSentences(platform: PlatformClaims): readonly string[] {
  const meaning = STATUS_SENTENCES[platform.tcbStatus]
  const advisories = platform.advisories.length === 0 ? '' : ` Open advisories: ${platform.advisories.join(', ')}.`
  const sentences = [
    `The platform (FMSPC ${encodeHex(platform.fmspc)}) has TCB status ${platform.tcbStatus}: ${meaning}.${advisories}`,
    `Its endorsements are those of TCB evaluation ${platform.evaluationDataNumber}, in date until ${instant(platform.collateralNotAfter)}.`
  ]
  if (platform.trustDomain !== null) {
    sentences.push(`The guest was started from the image with MRTD ${encodeHex(platform.trustDomain.mrTd)}.`)
  }
  return sentences
}

function workloadSentences({ model, keysetDigest, keysetNotAfter, composeHash }: WorkloadClaims): readonly string[] {
  const configuration = composeHash === null ? 'none that is proven' : composeHash
  return [
    `The quote binds the host's keys (keyset sha256:${encodeHex(keysetDigest)}, valid until ${instant(keysetNotAfter)}).`,
    `It offers the model ${model.id} on ${model.engine}, weights ${encodeHex(model.weights)}; its measured configuration: ${configuration}.`
  ]
}

function deviceSentences({ devices, colocation, nonce }: AppraisalResult): readonly string[] {
  if (nonce === null) return ['A bare quote says nothing of GPUs, nor of the keys and the software in the guest.']
  if (devices.length === 0) return ['No GPU is attested: prompts may be computed on devices that nobody vouches for.']
  return [
    ...devices.map(explainDevice),
    ...(colocation === 'measured-gate'
      ? [
          "That these devices sit on this guest's bus no vendor proves: it rests on the measured image, which makes no keys before it has attested its own devices."
        ]
      : [])
  ]
}

/** Findings in sentences: what was expected, what was found, what to do; those that differ in what was found alone in one. */
export function explainFindings(findings: readonly Finding[]): readonly string[] {
  const alike = new Map<string, Finding[]>()
  for (const finding of findings) {
    const key = JSON.stringify([finding.status, finding.code, finding.expected])
    alike.set(key, [...(alike.get(key) ?? []), finding])
  }
  return [...alike.values()].map(explainAlike)
}

function explainAlike(findings: readonly Finding[]): string {
  const [first] = findings
  if (first === undefined) return ''
  const { status, code, claim, expected, remedy } = first
  const kind = status === 'warning' ? 'Warning' : 'Refused'
  const found = gather(findings.map(({ actual }) => actual)).join('; ')
  return `${kind} for ${claim} (${code}): expected ${expected}; found ${found}. ${remedy}`
}

/** What is the same of several devices is said once, of all of them. */
function gather(found: readonly string[]): readonly string[] {
  const pdis = new Map<string, string[]>()
  for (const text of new Set(found)) {
    const [, kind = '', pdi = '', rest = ''] = OF_DEVICE.exec(text) ?? ['', '', '', text]
    const key = JSON.stringify([kind, rest])
    pdis.set(key, [...(pdis.get(key) ?? []), pdi])
  }
  return [...pdis].map(([key, of]) => {
    const [kind, rest] = JSON.parse(key) as [string, string]
    return kind === '' ? rest : `${kind} ${of.join(', ')}: ${rest}`
  })
}

/** As findings name a device: kind, chip, PDI. */
const OF_DEVICE = /^((?:GPU|NVSwitch) \w+) ([0-9A-F]{16}): (.+)$/s

function instant(date: Date): string {
  return date.toISOString().replace('T', ' ').replace('.000Z', ' UTC')
}
