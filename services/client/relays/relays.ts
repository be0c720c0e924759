import { type BombyxErrorCode, ServiceError } from '../../runtime/errors.ts'
import type { Link } from '../../runtime/link/link.ts'
import { ClientError, type ClientErrorCode } from '../errors.ts'
import type { PayingRelay, RelayPort } from './relay-port.ts'

/** What a relay's refusal means to a caller; every other code is a relay that cannot be used now. */
const CLIENT_CODES: Partial<Record<BombyxErrorCode, ClientErrorCode>> = {
  NO_CAPACITY: 'NO_CAPACITY',
  UNAUTHENTICATED: 'RELAY_UNAUTHORIZED',
  FORBIDDEN: 'RELAY_UNAUTHORIZED',
  UNPAID: 'UNPAID'
}

/** The relays that a client knows: the one in use stays in use until it fails. Relays share nothing, so any will do. */
export class Relays implements AsyncDisposable {
  readonly #ports: readonly RelayPort[]
  #current = 0

  constructor(ports: readonly RelayPort[]) {
    if (ports.length === 0) throw new TypeError('a client needs a relay')
    this.#ports = ports
  }

  /** Runs with the relay in use, and with each other in turn where one cannot be used. Throws ClientError. */
  async run<Result>(work: (relay: RelayPort) => Promise<Result>): Promise<Result> {
    let failure: ClientError | undefined
    for (let turn = 0; turn < this.#ports.length; turn++) {
      const at = this.#current
      try {
        return await work(this.#port(at))
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error
        failure = asClientError(error, this.#port(at).authority)
        // Another request may have moved on already.
        if (this.#current === at) this.#current = (at + 1) % this.#ports.length
      }
    }
    throw failure
  }

  /** With the relay in use, whatever it answers. Throws what the relay said. */
  use<Result>(work: (relay: RelayPort) => Promise<Result>): Promise<Result> {
    return work(this.#port(this.#current))
  }

  /** For who pays: the relay in use at each call, whatever it answers. */
  get paying(): PayingRelay {
    return {
      giveVoucher: (request) => this.use((relay) => relay.giveVoucher(request)),
      listVouchers: (escrow, payee) => this.use((relay) => relay.listVouchers(escrow, payee)),
      findStatements: (awaited) => this.use((relay) => relay.findStatements(awaited))
    }
  }

  /** A link for a request, and the authority of the relay that it leads to. */
  link(): Promise<{ readonly link: Link; readonly relay: string }> {
    return this.run(async (relay) => ({ link: await relay.link(), relay: relay.authority }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#ports.map((port) => port[Symbol.asyncDispose]()))
  }

  #port(at: number): RelayPort {
    return this.#ports[at] as RelayPort
  }
}

function asClientError(error: ServiceError, authority: string): ClientError {
  const code = CLIENT_CODES[error.code] ?? 'RELAY_UNAVAILABLE'
  return new ClientError(code, `relay ${authority}: ${error.message}`, { cause: error })
}
