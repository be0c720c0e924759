import type { EvidenceBundle } from '../bundle.ts'
import { equalBytes } from '../crypto.ts'
import { decodeUtf8, encodeHex } from '../encoding.ts'
import type { Policy } from '../policy.ts'
import type { Finding } from '../result.ts'
import { DSTACK_RUNTIME_EVENT, type MeasuredEvent, type VerifiedEventLog } from '../tdx/event-log.ts'
import { contraindicated } from './findings.ts'
import { APP_ID_EVENT, COMPOSE_HASH_EVENT, INSTANCE_ID_EVENT, MODEL_EVENT, modelEventPayload } from './model-event.ts'
import { referenceFinding } from './reference-rules.ts'

/** What RTMR3 proves of the guest's software; null where the guest said nothing, or said it twice. */
export interface MeasuredWorkload {
  readonly model: Uint8Array | null
  readonly composeHash: Uint8Array | null
  readonly appId: Uint8Array | null
  readonly instanceId: Uint8Array | null
}

/** The guest's own events, each of which counts only when RTMR3 has it exactly once. */
export function readWorkload(log: VerifiedEventLog): MeasuredWorkload {
  return {
    model: onlyEvent(log, MODEL_EVENT),
    composeHash: onlyEvent(log, COMPOSE_HASH_EVENT),
    appId: onlyEvent(log, APP_ID_EVENT),
    instanceId: onlyEvent(log, INSTANCE_ID_EVENT)
  }
}

/** The payload of the one event of this name; null where there is none, or more than one. */
export function onlyEvent(log: VerifiedEventLog, name: string): Uint8Array | null {
  const [event, ...others] = runtimeEvents(log, name)
  return event === undefined || others.length > 0 ? null : event.data
}

/** That the keys are offered for the model that was measured, by a guest whose configuration the policy accepts. */
export function workloadFindings(
  { keyset }: EvidenceBundle,
  log: VerifiedEventLog,
  { referenceValues }: Policy
): readonly Finding[] {
  const { model, composeHash } = readWorkload(log)
  const findings: Finding[] = [
    ...authenticityFindings(log),
    ...[MODEL_EVENT, COMPOSE_HASH_EVENT].flatMap((name) => countFindings(log, name)),
    ...[APP_ID_EVENT, INSTANCE_ID_EVENT].flatMap((name) => repeatFindings(log, name)),
    ...referenceFinding(referenceValues.modelWeights, keyset.model.weights, 'MODEL_WEIGHTS_MISMATCH')
  ]
  const offered = modelEventPayload(keyset.model)
  if (model !== null && !equalBytes(model, offered)) {
    findings.push(contraindicated('MODEL_EVENT_MISMATCH', decodeUtf8(offered), encodeHex(model)))
  }
  if (composeHash !== null) {
    findings.push(...referenceFinding(referenceValues.composeHash, composeHash, 'COMPOSE_HASH_MISMATCH'))
  }
  return findings
}

/**
 * The log is the host owner's to write: an event whose digest is not the hash of its name and data could be any event under
 * a false name, a second `model` too. So RTMR3 takes none.
 */
function authenticityFindings(log: VerifiedEventLog): readonly Finding[] {
  const unproven = guestEvents(log).filter((event) => !isProven(event)).length
  if (unproven === 0) return []
  return [
    contraindicated('EVENT_UNPROVEN', 'events of RTMR3 whose digests hash their data', `${unproven} whose do not`)
  ]
}

export function countFindings(log: VerifiedEventLog, name: string): readonly Finding[] {
  if (runtimeEvents(log, name).length > 0) return repeatFindings(log, name)
  return [contraindicated('EVENT_MISSING', `one RTMR3 event "${name}"`, 'none')]
}

function repeatFindings(log: VerifiedEventLog, name: string): readonly Finding[] {
  const { length } = runtimeEvents(log, name)
  return length < 2 ? [] : [contraindicated('EVENT_REPEATED', `one RTMR3 event "${name}"`, `${length}`)]
}

function runtimeEvents(log: VerifiedEventLog, name: string): readonly MeasuredEvent[] {
  return guestEvents(log).filter((event) => isProven(event) && event.name === name)
}

/** What extended RTMR3. */
function guestEvents({ events }: VerifiedEventLog): readonly MeasuredEvent[] {
  return events.filter((event) => event.rtmr === 3)
}

function isProven(event: MeasuredEvent): boolean {
  return event.authenticated && event.type === DSTACK_RUNTIME_EVENT
}
