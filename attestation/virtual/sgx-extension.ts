import { derBoolean, derEnumerated, derInteger, derOctetString, derOid, derSequence } from '../der-writer.ts'
import type { VirtualTcb } from './tcb.ts'

/** Intel's "SGX Extensions" of a PCK certificate. */
export const SGX_EXTENSION_OID = '1.2.840.113741.1.13.1'

export interface SgxExtensionFields {
  /** 16 bytes. */
  readonly ppid: Uint8Array
  readonly tcb: VirtualTcb
  /** 2 bytes. */
  readonly pceId: Uint8Array
  /** 6 bytes. */
  readonly fmspc: Uint8Array
  readonly ca: 'platform' | 'processor'
  /** 16 bytes; a processor CA's certificate has none. */
  readonly platformInstanceId: Uint8Array
}

/** The extension's value, member for member as in Intel's PCK Certificate and CRL Profile Specification. */
export function encodeSgxExtension(fields: SgxExtensionFields): Uint8Array {
  const common = [
    member('1', derOctetString(fields.ppid)),
    member('2', encodeTcb(fields.tcb)),
    member('3', derOctetString(fields.pceId)),
    member('4', derOctetString(fields.fmspc)),
    member('5', derEnumerated(fields.ca === 'platform' ? 1 : 0))
  ]
  return fields.ca === 'platform' ? derSequence(...common, ...multiPackage(fields)) : derSequence(...common)
}

function encodeTcb({ sgxComponents, pceSvn }: VirtualTcb): Uint8Array {
  const svns = [...sgxComponents].map((svn, index) => member(`2.${index + 1}`, derInteger(svn)))
  return derSequence(...svns, member('2.17', derInteger(pceSvn)), member('2.18', derOctetString(sgxComponents)))
}

/** Platform instance id and configuration: dynamic platform, cached keys, SMT enabled. */
function multiPackage({ platformInstanceId }: SgxExtensionFields): Uint8Array[] {
  const configuration = ['7.1', '7.2', '7.3'].map((arc) => member(arc, derBoolean(true)))
  return [member('6', derOctetString(platformInstanceId)), member('7', derSequence(...configuration))]
}

function member(arc: string, value: Uint8Array): Uint8Array {
  return derSequence(derOid(`${SGX_EXTENSION_OID}.${arc}`), value)
}
