import { encodeBase64Url } from '../../attestation/encoding.ts'
import { ServiceError } from '../runtime/errors.ts'
import { hashToken } from '../runtime/tokens.ts'
import type { Host, Standing } from './host.ts'
import { planLift, planQuarantine } from './plan.ts'
import type { RegistryStore } from './store.ts'

export interface OperatorContext {
  readonly store: RegistryStore
  readonly now: () => Date
  readonly random: (length: number) => Uint8Array
}

/** Makes a provider and returns its enrolment token, which only its hash outlives. */
export async function createProvider(name: string, { store, now, random }: OperatorContext): Promise<string> {
  if (!/^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/.test(name)) {
    throw new ServiceError('ARGUMENT_INVALID', 'a provider is named by 1 to 64 of a-z, 0-9, dot, dash and underscore')
  }
  const token = `bombyx-enrol-${encodeBase64Url(random(32))}`
  await store.insertProvider(name, hashToken(token), now())
  return token
}

export async function readHost(id: Uint8Array, { store }: Pick<OperatorContext, 'store'>): Promise<Host> {
  return (await store.findHost({ id })) ?? refuseUnknown()
}

/** Takes effect in every replica at once; only `liftQuarantine` ends it. */
export function quarantineHost(id: Uint8Array, reason: string, context: OperatorContext): Promise<Host> {
  if (reason === '' || reason.length > 256) {
    throw new ServiceError('ARGUMENT_INVALID', 'a quarantine has a reason of at most 256 characters')
  }
  return changeStanding(id, () => planQuarantine(reason), context)
}

/** Lists the host again if its evidence deserves it; otherwise it stays quarantined, by the registry. */
export function liftQuarantine(id: Uint8Array, context: OperatorContext): Promise<Host> {
  return changeStanding(id, (host) => planLift(host, context.now()), context)
}

async function changeStanding(
  id: Uint8Array,
  plan: (host: Host) => Standing,
  { store, now }: OperatorContext
): Promise<Host> {
  const changed = await store.changeHost({ id }, (current) => {
    const host = current ?? refuseUnknown()
    return { ...host, standing: plan(host), changedAt: now() }
  })
  return changed ?? refuseUnknown()
}

function refuseUnknown(): never {
  throw new ServiceError('NOT_FOUND', 'there is no such host')
}
