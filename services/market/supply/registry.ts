import { bombyxV1 } from '../../../proto/load.ts'
import { ServiceError } from '../../runtime/errors.ts'
import { callStream, callUnary, connect, type DialConfig } from '../../runtime/grpc-client.ts'
import type { DirectoryChange } from './offered-host.ts'
import { directoryChangeFromWire } from './wire.ts'

/** What the market asks the registry. */
export interface RegistryPort extends Disposable {
  /** Undefined where there is no registry. */
  readonly watch: ((signal: AbortSignal) => AsyncIterable<DirectoryChange>) | undefined
  /** The name of the provider whose enrolment token it is. Refuses UNAUTHENTICATED. */
  readonly identify: (enrolmentToken: string) => Promise<string>
}

export const noRegistry: RegistryPort = {
  watch: undefined,
  identify: async () => {
    throw new ServiceError('UNAUTHENTICATED', 'this market knows no registry, and so no enrolment tokens')
  },
  [Symbol.dispose]: () => {}
}

export async function connectRegistry(authority: string, dial: DialConfig): Promise<RegistryPort> {
  const directory = await connect(bombyxV1.Directory, authority, dial)
  return {
    async *watch(signal) {
      for await (const event of callStream(directory, 'Watch', {}, { signal })) yield directoryChangeFromWire(event)
    },
    // The token is the caller's: it goes with this call alone.
    async identify(token) {
      const client = await connect(bombyxV1.Registry, authority, { ...dial, token })
      try {
        return (await callUnary(client, 'Identify', {})).provider
      } finally {
        client.close()
      }
    },
    [Symbol.dispose]: () => directory.close()
  }
}
