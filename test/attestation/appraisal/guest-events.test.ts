import { describe, expect, it } from 'vitest'
import { type Appraisal, appraiseBundle } from '../../../attestation/appraise.ts'
import { encodeUtf8 } from '../../../attestation/encoding.ts'
import { virtualPolicy } from '../../../attestation/policy.ts'
import { parseCcel } from '../../../attestation/tdx/ccel.ts'
import { encodeDstackEventLog, parseDstackEventLog } from '../../../attestation/tdx/dstack-log.ts'
import { joinEventLogs, replayEventLog } from '../../../attestation/tdx/event-log.ts'
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

/** Leaves the last event's digest as it is and puts other data beside it. */
function hideLast(log: Uint8Array): Uint8Array {
  const events = JSON.parse(new TextDecoder().decode(log)) as Record<string, unknown>[]
  const last = events.at(-1)
  if (last !== undefined) Object.assign(last, { event: 'boot-done', event_payload: '00' })
  return encodeUtf8(JSON.stringify(events))
}
