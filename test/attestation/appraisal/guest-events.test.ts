import { describe, expect, it } from 'vitest'
import { readWorkload, workloadFindings } from '../../../attestation/appraisal/workload-rules.ts'
import { type Appraisal, appraiseBundle } from '../../../attestation/appraise.ts'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { virtualPolicy } from '../../../attestation/policy.ts'
import { parseCcel } from '../../../attestation/tdx/ccel.ts'
import { encodeDstackEventLog, parseDstackEventLog } from '../../../attestation/tdx/dstack-log.ts'
import {
  DSTACK_RUNTIME_EVENT,
  EV_NO_ACTION,
  joinEventLogs,
  type MeasuredEvent,
  replayEventLog,
  type VerifiedEventLog,
  verifyEventLog
} from '../../../attestation/tdx/event-log.ts'
import {
  COMPOSE_HASH,
  createEvidence,
  createLabRoot,
  type EvidenceChanges,
  NOW,
  readEvidence
} from '../../fakes/virtual-evidence.ts'

const root = await createLabRoot()
const policy = virtualPolicy(root.root.certificate)
const good = await createEvidence(root)

function codes({ result }: Appraisal): readonly string[] {
  return result.findings.map((finding) => finding.code)
}

async function appraiseChanged(changes: EvidenceChanges, under = policy): Promise<Appraisal> {
  return appraiseBundle(readEvidence(await createEvidence(root, changes)), under, NOW)
}

const event = (name: string, payload: Uint8Array) => ({ name, payload, version: 2 }) as const

describe("the guest's events", () => {
  const model = encodeUtf8(
    `{"engine":"vllm","id":"Qwen/Qwen3-8B","weights":"${Buffer.from(readEvidence(good).bundle.keyset.model.weights).toString('hex')}"}`
  )
  const named = (...events: ReturnType<typeof event>[]) => encodeDstackEventLog(events)
  const compose = event('compose-hash', COMPOSE_HASH)

  async function appraiseLog(log: Uint8Array): Promise<Appraisal> {
    const ccel = good.fields.eventLog[0]?.data ?? new Uint8Array()
    const rtmrs = replayEventLog(joinEventLogs([parseCcel(ccel), parseDstackEventLog(log)]))
    const eventLog = [
      { format: 'ccel', data: ccel },
      { format: 'dstack', data: log }
    ] as const
    return appraiseChanged({ td: { rtmrs }, bundle: { eventLog } })
  }

  it('are the model in the RFC 8785 form of the keyset, and the configuration', async () => {
    expect((await appraiseLog(named(event('model', model), compose))).kind).toBe('trusted')
  })

  const refused: readonly (readonly [string, Uint8Array, string])[] = [
    ['a second model after the first', named(event('model', model), compose, event('model', model)), 'EVENT_REPEATED'],
    ['a second configuration', named(event('model', model), compose, compose), 'EVENT_REPEATED'],
    [
      'a second instance',
      named(event('model', model), compose, event('instance-id', model), event('instance-id', model)),
      'EVENT_REPEATED'
    ],
    ['no model', named(compose), 'EVENT_MISSING'],
    ['no configuration', named(event('model', model)), 'EVENT_MISSING'],
    [
      'a second model hidden under data that its digest is not of',
      hideLast(named(event('model', model), compose, event('model', model))),
      'EVENT_UNPROVEN'
    ]
  ]
  it.each(refused)('are refused with %s', async (_, log, code) => {
    const appraisal = await appraiseLog(log)
    expect([appraisal.kind, ...codes(appraisal)]).toEqual(['refused', code])
  })
})

describe('what else stands in RTMR3', () => {
  const { bundle } = readEvidence(good)
  const event = (type: number, name: string) => ({
    rtmr: 3,
    type,
    digest: new Uint8Array(48),
    name,
    data: COMPOSE_HASH,
    authenticated: true
  })

  /** The good guest's log and one more event, with whatever registers they replay to. */
  function verified(added: MeasuredEvent): VerifiedEventLog {
    const log = joinEventLogs([...bundle.eventLogs, { events: [added] }])
    return verifyEventLog(log, replayEventLog(log))
  }

  it('does not count where it extends nothing', () => {
    const log = verified(event(EV_NO_ACTION, 'compose-hash'))
    expect(workloadFindings(bundle, log, policy)).toEqual([])
    expect(readWorkload(log).composeHash).toEqual(COMPOSE_HASH)
  })

  it('is refused when it is no runtime event, whatever it is called', () => {
    const findings = workloadFindings(bundle, verified(event(0x0d, 'compose-hash')), policy)
    expect(findings.map(({ code }) => code)).toEqual(['EVENT_UNPROVEN'])
  })

  it('is no claim when it was said twice', () => {
    const log = verified(event(DSTACK_RUNTIME_EVENT, 'compose-hash'))
    expect(readWorkload(log).composeHash).toBeNull()
    expect(workloadFindings(bundle, log, policy).map(({ code }) => code)).toEqual(['EVENT_REPEATED'])
  })

  it('is not looked for in another register', () => {
    const stray = { ...event(DSTACK_RUNTIME_EVENT, 'app-id'), rtmr: 2 }
    expect(workloadFindings(bundle, verified(stray), policy)).toEqual([])
  })
})

/** Leaves the last event's digest as it is and puts other data beside it. */
function hideLast(log: Uint8Array): Uint8Array {
  const events = JSON.parse(new TextDecoder().decode(log)) as Record<string, unknown>[]
  const last = events.at(-1)
  if (last !== undefined) Object.assign(last, { event: 'boot-done', event_payload: '00' })
  return encodeUtf8(JSON.stringify(events))
}
