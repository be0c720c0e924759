import { encodeHex } from '../../attestation/encoding.ts'
import { ServiceError } from '../runtime/errors.ts'
import type { Host } from './host.ts'

interface Waiter {
  readonly bundle: string
  readonly resolve: (index: bigint) => void
  readonly reject: (error: ServiceError) => void
}

/** Calls that wait until the log has a host's attestation. */
export class LogWaiters {
  readonly #waiting = new Map<string, Set<Waiter>>()

  /** UNAVAILABLE after `limitMs`, or when the host has other evidence by then. */
  wait(id: string, host: Host, limitMs: number): Promise<bigint> {
    const { promise, resolve, reject } = Promise.withResolvers<bigint>()
    const waiter: Waiter = { bundle: encodeHex(host.evidence.bundleDigest), resolve, reject }
    const waiters = this.#waiting.get(id) ?? new Set()
    this.#waiting.set(id, waiters.add(waiter))
    const limit = setTimeout(() => reject(late('the log has not taken the attestation yet: attest again')), limitMs)
    return promise.finally(() => {
      clearTimeout(limit)
      waiters.delete(waiter)
      if (waiters.size === 0 && this.#waiting.get(id) === waiters) this.#waiting.delete(id)
    })
  }

  settle(id: string, { evidence }: Host): void {
    for (const { bundle, resolve, reject } of this.#waiting.get(id) ?? []) {
      if (bundle !== encodeHex(evidence.bundleDigest)) reject(late('other evidence of this host has come since'))
      else if (evidence.logged?.index !== undefined) resolve(evidence.logged.index)
    }
  }
}

function late(message: string): ServiceError {
  return new ServiceError('UNAVAILABLE', message)
}
