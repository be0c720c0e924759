import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadPackageDefinition } from '@grpc/grpc-js'
import { loadSync, type PackageDefinition } from '@grpc/proto-loader'
import type { ProtoGrpcType as ApiKeys } from './gen/api_keys.ts'
import type { ProtoGrpcType as Blobs } from './gen/blobs.ts'
import type { ProtoGrpcType as ClientLink } from './gen/client_link.ts'
import type { ProtoGrpcType as Directory } from './gen/directory.ts'
import type { ProtoGrpcType as HostLink } from './gen/host_link.ts'
import type { ProtoGrpcType as HostSession } from './gen/host_session.ts'
import type { ProtoGrpcType as Log } from './gen/log.ts'
import type { ProtoGrpcType as Market } from './gen/market.ts'
import type { ProtoGrpcType as Metering } from './gen/metering.ts'
import type { ProtoGrpcType as Payment } from './gen/payment.ts'
import type { ProtoGrpcType as Registry } from './gen/registry.ts'
import type { ProtoGrpcType as RegistryAdmin } from './gen/registry_admin.ts'
import type { ProtoGrpcType as Relay } from './gen/relay.ts'
import type { ProtoGrpcType as Verifier } from './gen/verifier.ts'

export const PROTO_ROOT: string = fileURLToPath(new URL('.', import.meta.url))

export const PROTO_FILES: readonly string[] = readdirSync(join(PROTO_ROOT, 'bombyx/v1'))
  .filter((name) => name.endsWith('.proto'))
  .sort()
  .map((name) => `bombyx/v1/${name}`)

/** 64-bit integers arrive as decimal strings and absent members as their defaults; each service's `wire.ts` converts. */
export const packageDefinition: PackageDefinition = loadSync([...PROTO_FILES], {
  includeDirs: [PROTO_ROOT],
  longs: String,
  enums: String,
  defaults: true,
  arrays: true,
  oneofs: true
})

type ProtoGrpcType = ApiKeys &
  Blobs &
  ClientLink &
  Directory &
  HostLink &
  HostSession &
  Log &
  Market &
  Metering &
  Payment &
  Registry &
  RegistryAdmin &
  Relay &
  Verifier

/** Clients and service definitions of every service, by name: `bombyxV1.Relay.service`, `new bombyxV1.Relay(…)`. */
export const bombyxV1: ProtoGrpcType['bombyx']['v1'] = (
  loadPackageDefinition(packageDefinition) as unknown as ProtoGrpcType
).bombyx.v1
