import { describe, expect, it } from 'vitest'
import { type Appraisal, appraiseBundle, type ExpectedChallenge } from '../../attestation/appraise.ts'
import type { DeviceEvidence } from '../../attestation/bundle.ts'
import { encodeUtf8 } from '../../attestation/encoding.ts'
import { ATTESTATION_ERRORS, type AttestationErrorCode } from '../../attestation/errors.ts'
import { virtualPolicy } from '../../attestation/policy.ts'
import { reportData } from '../../attestation/session/keyset.ts'
import { encodeDstackEventLog } from '../../attestation/tdx/dstack-log.ts'
import { VIRTUAL_KNOBS } from '../../attestation/virtual/knobs.ts'
import {
  COMPOSE_HASH,
  createEvidence,
  createLabRoot,
  type EvidenceChanges,
  NOW,
  NOW_SECONDS,
  policyWith,
  readEvidence
} from '../fakes/virtual-evidence.ts'

const root = await createLabRoot()
const policy = virtualPolicy(root.root.certificate)
const good = await createEvidence(root)
const { bundle: goodBundle } = readEvidence(good)

function codes({ result }: Appraisal): readonly string[] {
  return result.findings.map((finding) => finding.code)
}

async function appraiseChanged(changes: EvidenceChanges, under = policy, now = NOW): Promise<Appraisal> {
  return appraiseBundle(readEvidence(await createEvidence(root, changes)), under, now)
}

const device: DeviceEvidence = { arch: 'HOPPER', certificate: encodeUtf8('chain'), evidence: encodeUtf8('report') }
const keysetDevice = { arch: 'HOPPER', certificateSha256: new Uint8Array(32) }

describe('a good host', () => {
  const appraisal = appraiseBundle(readEvidence(good), policy, NOW)

  it('is trusted, and every surface says that it is virtual', () => {
    expect(appraisal.kind).toBe('trusted')
    if (appraisal.kind !== 'trusted') return
    expect(appraisal.result.status).toBe('affirming')
    expect(appraisal.result.findings).toEqual([])
    expect([appraisal.host.tee, appraisal.result.tee, appraisal.result.policy.name]).toEqual(Array(3).fill('virtual'))
    expect(appraisal.host.result).toBe(appraisal.result)
    expect(appraisal.host.keysetDigest).toEqual(appraisal.host.keyset.digest)
  })

  it('is trusted until its evidence is an hour old, counted from the earliest start of its keyset', () => {
    if (appraisal.kind !== 'trusted') throw new Error('refused')
    expect(appraisal.host.notAfter).toBe(NOW_SECONDS - 600 + 3600)
    expect(appraisal.result.notAfter.getTime()).toBe((NOW_SECONDS - 600 + 3600) * 1000)
  })

  it('claims what its evidence proves', () => {
    const { workload, platform, colocation } = appraisal.result
    expect(workload?.model.id).toBe('Qwen/Qwen3-8B')
    expect(workload?.composeHash).toBe(Buffer.from(COMPOSE_HASH).toString('hex'))
    expect(platform?.tcbStatus).toBe('UpToDate')
    expect(platform?.trustDomain?.rtmrs).toHaveLength(4)
    expect(colocation).toBe('no-devices')
  })

  it('answers the challenge of whoever gave it out', () => {
    const evidence = readEvidence(good)
    const expected: ExpectedChallenge = { kind: 'expected', nonce: evidence.bundle.nonce }
    expect(appraiseBundle({ ...evidence, challenge: expected }, policy, NOW).kind).toBe('trusted')
  })

  it('is trusted for the values that the policy lists', () => {
    const { trustDomain } = appraisal.result.platform ?? {}
    const lists = {
      mr_td: [trustDomain?.mrTd],
      rtmr0: [trustDomain?.rtmrs[0]],
      mr_seam: [new Uint8Array(48), trustDomain?.mrSeam],
      compose_hash: [COMPOSE_HASH],
      model_weights: [appraisal.result.workload?.model.weights]
    }
    const hex = Object.fromEntries(
      Object.entries(lists).map(([name, values]) => [name, values.map((v) => Buffer.from(v ?? []).toString('hex'))])
    )
    expect(appraiseBundle(readEvidence(good), policyWith(policy, { reference_values: hex }), NOW).kind).toBe('trusted')
  })

  it('of TD 1.5 is trusted, and its MRSERVICETD is a claim', async () => {
    const td15 = await appraiseChanged({ td: { version: 5, tdVersion: '1.5' } })
    expect(td15.kind).toBe('trusted')
    expect(td15.result.platform?.trustDomain?.mrServiceTd).toEqual(new Uint8Array(48))
    expect(appraisal.result.platform?.trustDomain?.mrServiceTd).toBeNull()
  })

  it('has the age of its block when it was challenged with a beacon', async () => {
    const challenge = { network: -239, seqno: 7, genUtime: NOW_SECONDS - 1200 }
    const beacon = await appraiseChanged({ challenge, keyset: { notAfter: NOW_SECONDS + 3000 } })
    expect(beacon.kind).toBe('trusted')
    expect(beacon.result.notAfter.getTime() / 1000).toBe(NOW_SECONDS - 1200 + 3600)
  })

  it('is trusted no longer than its keyset, and for a clock that is a little ahead', async () => {
    const challenge = { network: -239, seqno: 7, genUtime: NOW_SECONDS + 60 }
    const lapsing = await appraiseChanged({ challenge, keyset: { notAfter: NOW_SECONDS + 100 } })
    expect(lapsing.kind).toBe('trusted')
    expect(lapsing.result.notAfter.getTime() / 1000).toBe(NOW_SECONDS + 100)
  })
})

describe('verification that refuses', () => {
  const refusing = Object.entries(VIRTUAL_KNOBS).flatMap(([name, knob]) =>
    'refused' in knob.outcome && ATTESTATION_ERRORS[knob.outcome.refused] === 'refused'
      ? [[name, knob.outcome.refused, knob] as const]
      : []
  )
  it.each(refusing)('makes a finding: %s, %s', async (_, code, knob) => {
    const { platform = {}, collateral = {} } = knob
    const appraisal = await appraiseChanged({ platform, collateral })
    expect(appraisal.kind).toBe('refused')
    expect(appraisal.result.status).toBe('contraindicated')
    expect(codes(appraisal)).toContain(code)
    expect(appraisal.result.notAfter).toEqual(NOW)
  })

  it('proves no claim, not even what kind of TEE it was', async () => {
    const { result } = await appraiseChanged({ platform: { faults: ['quote-signature'] } })
    expect([result.tee, result.platform, result.workload]).toEqual(['unverified', null, null])
  })

  it('is an error, not a verdict, for an event of no register', () => {
    const evidence = readEvidence(good)
    const stray = {
      rtmr: 7,
      type: 1,
      digest: new Uint8Array(48),
      name: '',
      data: new Uint8Array(),
      authenticated: false
    }
    const bundle = { ...evidence.bundle, eventLogs: [{ events: [stray] }] }
    expect(() => appraiseBundle({ ...evidence, bundle }, policy, NOW)).toThrow(
      expect.objectContaining({ code: 'EVENT_LOG_MALFORMED' })
    )
  })

  it('is an error, not a verdict, when the evidence cannot be read', async () => {
    await expect(appraiseChanged({ platform: { faults: ['truncated'] } })).rejects.toMatchObject({
      code: 'QUOTE_TRUNCATED' satisfies AttestationErrorCode
    })
  })
})

describe('evidence that does not belong together', () => {
  const refused: readonly (readonly [string, EvidenceChanges, readonly string[]])[] = [
    ['a keyset swapped after the quote', { bundle: swapKeyset }, ['REPORT_DATA_MISMATCH']],
    [
      'a challenge swapped after the quote',
      { bundle: ({ challenge }) => ({ challenge: { ...challenge, random: new Uint8Array(32) } }) },
      ['REPORT_DATA_MISMATCH']
    ],
    ['other report data', { platform: { faults: ['other-report-data'] } }, ['REPORT_DATA_MISMATCH']],
    [
      'report data whose last 32 bytes are not zero',
      { td: { reportData: withTail(reportData(goodBundle.keyset.digest, goodBundle.nonce)) } },
      ['REPORT_DATA_MISMATCH']
    ],
    ['a keyset that lapsed this second', { keyset: { notAfter: NOW_SECONDS } }, ['KEYSET_LAPSED', 'EVIDENCE_TOO_OLD']],
    ['a keyset for more than a day', { keyset: { notAfter: NOW_SECONDS + 86_400 + 61 } }, ['KEYSET_TOO_LONG']],
    ['a keyset for all time', { keyset: { notAfter: Number.MAX_SAFE_INTEGER } }, ['KEYSET_TOO_LONG']],
    ['a keyset made an hour ago', { keyset: { notAfter: NOW_SECONDS + 86_400 - 3600 } }, ['EVIDENCE_TOO_OLD']],
    [
      'a block of an hour ago',
      { challenge: { network: -239, seqno: 7, genUtime: NOW_SECONDS - 3600 } },
      ['EVIDENCE_TOO_OLD']
    ],
    [
      'a block of the future',
      { challenge: { network: -239, seqno: 7, genUtime: NOW_SECONDS + 61 } },
      ['CHALLENGE_IN_FUTURE']
    ],
    [
      'a block of a network that the policy does not name',
      { challenge: { network: 7, seqno: 7, genUtime: NOW_SECONDS - 60 } },
      ['BEACON_NOT_ALLOWED']
    ],
    ['a model other than the measured', { app: { model: encodeUtf8('{"id":"other"}') } }, ['MODEL_EVENT_MISMATCH']],
    [
      'registers that no event explains',
      { td: { rtmrs: Array(4).fill(new Uint8Array(48)) as never } },
      ['EVENT_LOG_MISMATCH']
    ],
    ['no log of the guest', { bundle: dropLog('dstack') }, ['EVENT_MISSING', 'EVENT_MISSING']],
    ['no event in its log', { bundle: replaceLog([]) }, ['EVENT_MISSING', 'EVENT_MISSING']],
    [
      'a log of other events',
      { bundle: replaceLog([{ name: 'model', payload: encodeUtf8('x'), version: 2 }]) },
      ['EVENT_LOG_MISMATCH']
    ],
    ['two logs of the firmware', { bundle: doubleFirmwareLog }, ['EVENT_LOG_SEPARATOR_DOUBLED']],
    ['a device whose report is none', { bundle: { devices: [device] } }, ['EVENT_MISSING', 'REPORT_MALFORMED']],
    ['a GPU in the keyset alone', { keyset: { gpus: [keysetDevice] } }, ['DEVICE_NOT_IN_EVIDENCE']],
    ['a switch in the keyset alone', { keyset: { switches: [keysetDevice] } }, ['DEVICE_NOT_IN_EVIDENCE']],
    [
      'a device in keyset and bundle',
      { keyset: { gpus: [keysetDevice] }, bundle: { devices: [device] } },
      ['EVENT_MISSING', 'REPORT_MALFORMED', 'DEVICE_NOT_IN_EVIDENCE']
    ]
  ]
  it.each(refused)('is refused: %s', async (_, changes, expected) => {
    const appraisal = await appraiseChanged(changes)
    expect(appraisal.kind).toBe('refused')
    expect(codes(appraisal)).toEqual(expected)
    expect(appraisal.result.findings.every((finding) => finding.status === 'contraindicated')).toBe(true)
  })

  it('does not pass the keyset off as proven when the quote is over another', async () => {
    const { result } = await appraiseChanged({ bundle: swapKeyset })
    expect(result.workload).toBeNull()
    expect(result.platform).not.toBeNull()
  })

  it('is refused for another challenge than the one given out', () => {
    const challenge: ExpectedChallenge = { kind: 'expected', nonce: new Uint8Array(32) }
    const appraisal = appraiseBundle({ ...readEvidence(good), challenge }, policy, NOW)
    expect([appraisal.kind, ...codes(appraisal)]).toEqual(['refused', 'CHALLENGE_MISMATCH'])
  })

  it('never calls a device good that does not verify', async () => {
    for (const under of [policy, policyWith(policy, { devices: { required: true } })]) {
      const { result } = await appraiseChanged({ bundle: { devices: [device, device] } }, under)
      expect(result.status).toBe('contraindicated')
      expect(result.devices.map((claimed) => claimed.verification)).toEqual(['refused', 'refused'])
    }
  })

  it('gives every finding a claim, what was expected, what was found, and what to do', async () => {
    for (const [, changes] of refused) {
      const { result } = await appraiseChanged(changes)
      for (const { claim, expected, actual, remedy } of result.findings) {
        expect(Math.min(...[claim, expected, actual, remedy].map((said) => said.length))).toBeGreaterThan(0)
        expect(claim).not.toBe('evidence')
      }
    }
  })
})

/** The same first half, which hashes keyset and nonce, and a second half that is not zero. */
function withTail(data: Uint8Array): Uint8Array {
  return data.map((byte, index) => (index === 63 ? 1 : byte))
}

function swapKeyset({ keyset }: { readonly keyset: Uint8Array }): { readonly keyset: Uint8Array } {
  const text = new TextDecoder().decode(keyset)
  return { keyset: encodeUtf8(text.replace('bombyx:host:00', 'bombyx:host:ff')) }
}

function dropLog(format: string) {
  return ({ eventLog }: typeof good.fields) => ({ eventLog: eventLog.filter((log) => log.format !== format) })
}

function replaceLog(events: Parameters<typeof encodeDstackEventLog>[0]) {
  const log = { format: 'dstack', data: encodeDstackEventLog(events) } as const
  return ({ eventLog }: typeof good.fields) => ({ eventLog: [...eventLog.slice(0, 1), log] })
}

function doubleFirmwareLog({ eventLog }: typeof good.fields) {
  return { eventLog: [...eventLog.slice(0, 1), ...eventLog.slice(0, 1)] }
}
