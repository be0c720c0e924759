import type { ServiceDefinition } from '@grpc/grpc-js'
import { clientLink, hostLink } from '../../proto/link.ts'
import { bombyxV1 } from '../../proto/load.ts'

/** Who serves what, by process. */
export const SERVICES: Readonly<Record<string, Readonly<Record<string, ServiceDefinition>>>> = {
  log: { Log: bombyxV1.Log.service },
  registry: {
    Registry: bombyxV1.Registry.service,
    RegistryAdmin: bombyxV1.RegistryAdmin.service,
    Directory: bombyxV1.Directory.service,
    Blobs: bombyxV1.Blobs.service
  },
  verifier: { Verifier: bombyxV1.Verifier.service },
  market: {
    Metering: bombyxV1.Metering.service,
    ApiKeys: bombyxV1.ApiKeys.service,
    Market: bombyxV1.Market.service,
    Vouchers: bombyxV1.Vouchers.service
  },
  relay: {
    Relay: bombyxV1.Relay.service,
    Payments: bombyxV1.Payments.service,
    Blobs: bombyxV1.Blobs.service,
    HostSession: bombyxV1.HostSession.service,
    ClientLink: clientLink,
    HostLink: hostLink
  }
}

/** Services of proto/ that no process is listed with. */
export function unlistedServices(): readonly string[] {
  const listed = new Set(Object.values(SERVICES).flatMap((services) => Object.keys(services)))
  const declared = Object.entries(bombyxV1).filter(([, entry]) => 'service' in entry)
  return declared.map(([name]) => name).filter((name) => !listed.has(name))
}
