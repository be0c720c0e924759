import { sha384 } from '../crypto.ts'
import { encodeUtf8 } from '../encoding.ts'
import type { Rtmrs } from '../tdx/event-log.ts'

/** The fields of a TD report, with Intel's names in camelCase and Intel's sizes. */
export interface VirtualTdFields {
  readonly version: 4 | 5
  /** A TD 1.5 report has two more fields, and only version 5 carries it. */
  readonly tdVersion: '1.0' | '1.5'
  readonly mrSeam: Uint8Array
  readonly mrSignerSeam: Uint8Array
  readonly seamAttributes: Uint8Array
  readonly tdAttributes: Uint8Array
  readonly xfam: Uint8Array
  readonly mrTd: Uint8Array
  readonly mrConfigId: Uint8Array
  readonly mrOwner: Uint8Array
  readonly mrOwnerConfig: Uint8Array
  readonly rtmrs: Rtmrs
  readonly mrServiceTd: Uint8Array
}

/** A production TD of the demonstration image: SEPT_VE_DISABLE set, DEBUG clear, AVX-512 and AMX on. */
export const VIRTUAL_TD: VirtualTdFields = {
  version: 4,
  tdVersion: '1.0',
  mrSeam: sha384(encodeUtf8('Bombyx Virtual TDX module')),
  mrSignerSeam: new Uint8Array(48),
  seamAttributes: new Uint8Array(8),
  tdAttributes: Uint8Array.of(0, 0, 0, 0x10, 0, 0, 0, 0),
  xfam: Uint8Array.of(0xe7, 0x02, 0x06, 0, 0, 0, 0, 0),
  mrTd: sha384(encodeUtf8('Bombyx Virtual guest image')),
  mrConfigId: new Uint8Array(48),
  mrOwner: new Uint8Array(48),
  mrOwnerConfig: new Uint8Array(48),
  rtmrs: [new Uint8Array(48), new Uint8Array(48), new Uint8Array(48), new Uint8Array(48)],
  mrServiceTd: new Uint8Array(48)
}
